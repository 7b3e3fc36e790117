// What somebody may do to a bundle of evidence whose hashes and counts they then make fit again, and what the command says of each.

import type { Checkpoint } from "../../lib/audit/checkpoint.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { bodyHash, type StoredEvent } from "../../lib/ledger.ts";
import type { Opened } from "./forged-bundle.ts";

export const checkpointOf = (line: string | undefined): Checkpoint => JSON.parse(line ?? "") as Checkpoint;
const eventOf = (line: string | undefined): StoredEvent => JSON.parse(line ?? "") as StoredEvent;
const heldBy = (checkpoints: readonly string[]): Set<string> =>
  new Set(checkpoints.flatMap((line) => checkpointOf(line).leaves.flatMap(({ hashes }) => hashes)));
const dropCheckpoints = (opened: Opened, gone: readonly string[]): void => {
  const held = heldBy(gone);
  opened.checkpoints = opened.checkpoints.filter((line) => !gone.includes(line));
  opened.log = opened.log.filter((line) => !held.has(eventOf(line).hash));
};
/** The same member twice: a reader takes the first or the last of them. */
const twice = (line: string | undefined, name: string, value: unknown): string =>
  `{${JSON.stringify(name)}:${JSON.stringify(value)},${(line ?? "").slice(1)}`;

interface Forgery {
  readonly name: string;
  readonly of?: readonly [number, number];
  readonly does: (opened: Opened) => void;
  /** What the command says of it. */
  readonly says: string;
}

export const forgeries: readonly Forgery[] = [
  {
    name: "empties the log and says that it is of an earlier time",
    does: (opened) => {
      opened.log = [];
      opened.manifest["to"] = "2026-11-22T00:00:00.000Z";
    },
    says: "was cut off the end",
  },
  {
    name: "takes every checkpoint away",
    does: (opened) => void (opened.checkpoints = []),
    says: "there is no checkpoint",
  },
  {
    name: "takes every checkpoint and every event away",
    does: (opened) => {
      opened.checkpoints = [];
      opened.log = [];
    },
    says: "there is no checkpoint",
  },
  {
    name: "takes the last checkpoints with their events away",
    does: (opened) => dropCheckpoints(opened, opened.checkpoints.slice(-3)),
    says: "no checkpoint was made",
  },
  {
    name: "takes a checkpoint in the middle with its events away",
    does: (opened) => dropCheckpoints(opened, opened.checkpoints.slice(4, 5)),
    says: "are missing",
  },
  {
    name: "takes the first checkpoint with its events away",
    does: (opened) => dropCheckpoints(opened, opened.checkpoints.slice(0, 1)),
    says: "missing",
  },
  {
    name: "takes the first checkpoint of a period with its events away",
    of: [200, 400],
    does: (opened) => dropCheckpoints(opened, opened.checkpoints.slice(0, 1)),
    says: "those before it that hold events from",
  },
  {
    name: "takes a whole chain away",
    does: (opened) => void (opened.log = opened.log.filter((line) => eventOf(line).subject !== eventOf(opened.log[3]).subject)),
    says: "was cut off the end",
  },
  {
    name: "takes an event of a period's first forty minutes away",
    of: [200, 400],
    does: (opened) => {
      const first = heldBy(opened.checkpoints.slice(0, 1));
      const gone = opened.log.findIndex((line) => first.has(eventOf(line).hash));
      opened.log.splice(gone, 1);
    },
    says: "was deleted",
  },
  {
    name: "takes an event after the period's end away, that its checkpoint holds",
    of: [200, 400],
    does: (opened) => void opened.log.pop(),
    says: "was cut off the end",
  },
  {
    name: "says that a long log is of a short time",
    does: (opened) => void (opened.manifest["to"] = "2026-11-23T02:00:00.000Z"),
    says: "is of the time after",
  },
  {
    name: "says that a log from its beginning is of a later time",
    does: (opened) => void (opened.manifest["from"] = "2026-11-23T08:00:00.000Z"),
    says: "is of the time before",
  },
  {
    name: "edits an event and computes its hash anew",
    does: (opened) => {
      const one = eventOf(opened.log[7]);
      const other = { ...one, event: { ...one.event, because: { rule: "operator", detail: "nothing" } } } as StoredEvent;
      opened.log[7] = JSON.stringify({ ...other, hash: bodyHash(other, sha256) });
    },
    says: "was edited",
  },
  {
    name: "puts a member beside an event",
    does: (opened) => void (opened.log[7] = JSON.stringify({ ...eventOf(opened.log[7]), approvedBy: "mallory" })),
    says: "a member that no event has",
  },
  {
    name: "says an event twice in one line, for readers that take the first",
    does: (opened) => void (opened.log[7] = twice(opened.log[7], "event", { type: "ConnectionDenied" })),
    says: "a member twice",
  },
  {
    name: "says a member of the event twice",
    does: (opened) => void (opened.log[7] = (opened.log[7] ?? "").replace('"choice":', '"choice":"reject","choice":')),
    says: "a member twice",
  },
  {
    name: "writes a number that readers take for another",
    does: (opened) => void (opened.log[7] = (opened.log[7] ?? "").replace(/"seq":(\d+)/, '"seq":$1.0')),
    says: "not as Drawbridge writes it",
  },
  {
    name: "makes a line that is no JSON",
    does: (opened) => void opened.log.push("{"),
    says: "a row that is no event was inserted",
  },
  {
    name: "makes a row that is no event of one",
    does: (opened) => {
      const { subject, seq } = eventOf(opened.log[7]);
      opened.log[7] = JSON.stringify({ subject, seq, unreadable: "it was so already" });
    },
    says: "it is no event any more",
  },
  {
    name: "puts an event in twice",
    does: (opened) => void opened.log.push(opened.log[5] ?? ""),
    says: "is there more than once",
  },
  {
    name: "says a checkpoint's statement twice",
    does: (opened) => {
      const { statement } = checkpointOf(opened.checkpoints[2]);
      opened.checkpoints[2] = twice(opened.checkpoints[2], "statement", { ...statement, events: 0 });
    },
    says: "has a member twice",
  },
  {
    name: "puts a member beside a checkpoint",
    does: (opened) => void (opened.checkpoints[2] = JSON.stringify({ ...checkpointOf(opened.checkpoints[2]), trusted: true })),
    says: "it is not a checkpoint",
  },
  {
    name: "relists an event in its checkpoint",
    does: (opened) => {
      const one = checkpointOf(opened.checkpoints[2]);
      const [leaf, ...others] = one.leaves;
      opened.checkpoints[2] = JSON.stringify({ ...one, leaves: [{ ...leaf, hashes: ["0".repeat(64)] }, ...others] });
    },
    says: "its list of events is not the one that was signed",
  },
  {
    name: "moves a checkpoint's time",
    does: (opened) => {
      const one = checkpointOf(opened.checkpoints[2]);
      opened.checkpoints[2] = JSON.stringify({ ...one, statement: { ...one.statement, since: "2026-11-22T00:00:00.000Z" } });
    },
    says: "its signature is not that of its key",
  },
  {
    name: "swaps two checkpoints",
    does: (opened) => void opened.checkpoints.splice(2, 2, opened.checkpoints[3] ?? "", opened.checkpoints[2] ?? ""),
    says: "missing",
  },
  {
    name: "puts the last event again at the chain's end, backdated",
    does: (opened) => {
      const one = eventOf(opened.log.find((line) => eventOf(line).seq === 20));
      const body = { ...one, seq: one.seq + 1, previous: one.hash, event: { ...one.event, at: "2026-11-23T01:00:00.000Z" } } as StoredEvent;
      opened.log.push(JSON.stringify({ ...body, hash: bodyHash(body, sha256) }));
    },
    says: "was inserted",
  },
];
