// Whether what let a connection in still holds it; if not, from when on it is to be cut, and why. Pure.

import { described, entryId, hasExpired, refer, type Entry, type Finding, type Judgement, type Removed } from "./allow-list.ts";
import type { Connection } from "./connection.ts";
import { disconnectWords, dueAfter, type Disconnect } from "./disconnect.ts";
import type { Because, EntryRef } from "./events.ts";
import { milliseconds, type Instant } from "./ids.ts";
import { optional } from "./optional.ts";
import type { Service } from "./service.ts";

/** What is known of a connection's ground. */
export interface Ground {
  readonly judgement: Judgement;
  /** What stands at the key of the entry that let it in. */
  readonly holder?: Entry | Removed;
  readonly service: Service;
  /** When the judgement was made: what is lost by another moment may never have been lost at any. */
  readonly now: Instant;
  /** It is accepted by us alone: AWS shows it waiting. */
  readonly waiting?: boolean;
}

/** A connection is to be cut from `due` on. */
export interface Cut {
  readonly due: Instant;
  readonly entry: EntryRef;
  readonly because: Because;
  /** Why, in the words of whoever wrote the entry that rejects, or removed the one that held it. */
  readonly reason?: string;
}

/**
 * The cut that is due, or will be; nothing while the connection is held. A reject entry cuts whatever let the connection
 * in. The end of an entry, or an ask entry, cuts only what an entry let in, and nothing that the list accepts anyway.
 */
export function cutOf(connection: Connection, ground: Ground): Cut | undefined {
  if (!isLive(connection)) return undefined;
  const cuts = [...rejections(connection, ground), ...lost(connection, ground)];
  return cuts.toSorted((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0))[0];
}

/** Whether its cut, told of before, is off: not while it is only unknown what applies. */
export const isSafe = (connection: Connection, ground: Ground): boolean =>
  cutOf(connection, ground) === undefined && !isDoubted(ground.judgement);

/** Why a connection goes on though the list would not let it in now; nothing where it would, or where the connection is to be cut. */
export function staysThough(connection: Connection, ground: Ground): string | undefined {
  const { judgement, service } = ground;
  if (!isLive(connection) || service.mode === "observe" || cutOf(connection, ground) !== undefined) return undefined;
  if (judgement.because.rule === "frozen" || judgement.verdict === "accept") return undefined;
  if (judgement.verdict === "reject") return `${judgement.because.detail}: who was connected before it came is kept`;
  if (connection.status === "adopted") return `it was there before Drawbridge, ${rejectAlone}`;
  switch (connection.decision.by.kind) {
    case "entry":
      return isDoubted(judgement) ? "nobody is cut because AWS Organizations does not answer" : letInAndKept(ground);
    case "outside":
      return `it was accepted outside Drawbridge, ${rejectAlone}`;
    default:
      return `people accepted it, ${rejectAlone}`;
  }
}

const rejectAlone = "and a reject entry alone cuts it";

/** An entry let it in, and nothing cuts it. */
function letInAndKept({ judgement, holder, now }: Ground): string {
  const { because, findings } = judgement;
  if (holder === undefined) return "the entry that let it in is gone: its connections are kept";
  if ("removed" in holder || hasExpired(holder, now)) return endWords(holder, "keep");
  if (findings.every(({ entry }) => entryId(entry) !== entryId(holder)))
    return `${described(holder)} let it in, and speaks of its account no more: who leaves a unit or organization is kept`;
  const deciding = findings.find(({ decides }) => decides);
  return deciding?.verdict === "ask" && deciding.outcome === "applies"
    ? `${because.detail}: who was connected before it came is kept`
    : `${because.detail}; a condition that fails later cuts nobody`;
}

type Live = Extract<Connection, { status: "approved" | "connected" | "adopted" }>;

const isLive = (connection: Connection): connection is Live =>
  connection.status === "approved" || connection.status === "connected" || connection.status === "adopted";

/** Each reject entry that applies says for itself what it means for who was there before it came. */
function rejections(connection: Live, { judgement, service, now, waiting }: Ground): Cut[] {
  if (judgement.verdict !== "reject") return [];
  const because = judgement.because;
  const cuts = judgement.findings
    .filter(({ verdict, outcome }) => verdict === "reject" && outcome === "applies")
    .flatMap((finding) => {
      const since = finding.since ?? now;
      // Who is not let in yet has nothing to keep: it is not let in any more.
      const isIn = waiting !== true || connection.status !== "approved";
      const disconnect = liveSince(connection) <= since && isIn ? (finding.disconnect ?? service.onReject ?? "now") : "now";
      const due = dueBy(since, disconnect, now);
      return due === undefined
        ? []
        : [
            {
              due,
              entry: finding.entry,
              because: { rule: because.rule, detail: rejected(finding, judgement) },
              ...optional("reason", finding.reason),
            },
          ];
    });
  if (cuts.length > 0 || judgement.findings.length > 0 || judgement.entry === undefined) return cuts;
  return [{ due: now, entry: judgement.entry, because }];
}

const rejected = (finding: Finding, { because }: Judgement): string =>
  finding.decides ? because.detail : (finding.words ?? because.detail);

function lost(connection: Live, { judgement, holder, service, now }: Ground): Cut[] {
  if (connection.status === "adopted" || connection.decision.by.kind !== "entry") return [];
  if (judgement.verdict !== "ask" || judgement.because.rule === "frozen" || isDoubted(judgement)) return [];
  const ends = holder === undefined ? undefined : endOf(holder, service, now);
  return [...asked(connection, judgement, now), ...(ends === undefined ? [] : [ends])];
}

/** An ask entry that came later cuts only where it says so. */
function asked(connection: Live, { findings, because }: Judgement, now: Instant): Cut[] {
  const deciding = findings.find(({ decides }) => decides);
  if (deciding?.verdict !== "ask" || deciding.outcome !== "applies" || deciding.since === undefined) return [];
  if (liveSince(connection) > deciding.since) return [];
  const due = dueBy(deciding.since, deciding.disconnect ?? "keep", now);
  return due === undefined ? [] : [{ due, entry: deciding.entry, because }];
}

function endOf(holder: Entry | Removed, service: Service, now: Instant): Cut | undefined {
  if ("removed" in holder) {
    const { at, disconnect = service.onRemoval ?? "keep", reason } = holder.removed;
    return cut(dueBy(at, disconnect, now), holder, { rule: "entry-removed", detail: endWords(holder, disconnect) }, reason);
  }
  const { expires } = holder.conditions;
  if (expires === undefined || now < expires) return undefined;
  const disconnect = onExpiry(holder, service);
  return cut(dueAfter(expires, disconnect), refer(holder), { rule: "entry-expired", detail: endWords(holder, disconnect) });
}

function endWords(holder: Entry | Removed, disconnect: Disconnect): string {
  const end =
    "removed" in holder
      ? `the entry for ${holder.principal.replace("#", " ")} was removed at ${holder.removed.at}`
      : `${described(holder)}, expired at ${holder.conditions.expires ?? ""}`;
  return `${end}: its connections are ${disconnectWords(disconnect)}`;
}

/** Clocks differ by minutes: what is to be cut at once, by what stands in the list already, does not wait for another's clock. */
function dueBy(since: Instant, disconnect: Disconnect, now: Instant): Instant | undefined {
  const due = dueAfter(since, disconnect);
  return disconnect === "now" && since > now ? now : due;
}

const cut = (due: Instant | undefined, { service, principal, version }: EntryRef, because: Because, reason?: string): Cut | undefined =>
  due === undefined ? undefined : { due, entry: { service, principal, version }, because, ...optional("reason", reason) };

export const onExpiry = (entry: Entry, service: Service): Disconnect => entry.onExpiry ?? service.onExpiry ?? "keep";

/** A reject or ask entry speaks of those that were live when it came. */
const liveSince = (connection: Live): Instant =>
  connection.status === "adopted" ? (connection.createdAt ?? connection.seenAt) : connection.decision.at;

/** Nobody is cut because AWS Organizations does not answer. */
const isDoubted = ({ findings }: Judgement): boolean => findings.some(({ entry }) => entry.principal === "ou#?");

const noticeHours = 168;

/** The expiry that approvers are to be told of now: of the entry that holds the connection, and that decides about it. */
export function expiryAhead(
  connection: Connection,
  { judgement, holder, service, now }: Ground,
): { expires: Instant; entry: Entry } | undefined {
  if (!isLive(connection) || connection.status === "adopted" || holder === undefined || "removed" in holder) return undefined;
  // The holder was read for the decision that the record had: one that AWS just undid held it before.
  const { by } = connection.decision;
  if (by.kind !== "entry" || entryId(by.entry) !== entryId(holder)) return undefined;
  // While an answer for some days stands in its place, the entry does not decide.
  if (judgement.findings.find(({ decides }) => decides)?.verdict !== holder.verdict) return undefined;
  const { expires } = holder.conditions;
  if (expires === undefined || now >= expires || judgement.entry === undefined || entryId(judgement.entry) !== entryId(holder))
    return undefined;
  const hours = (milliseconds(expires) - milliseconds(now)) / 3_600_000;
  return hours <= (service.expiryNoticeHours ?? noticeHours) && connection.expiryTold !== expires ? { expires, entry: holder } : undefined;
}

/** The counter of the entry that holds the connection, where it has a limit and does not count it yet. */
export function uncounted(connection: Connection, { holder }: Ground): string | undefined {
  if (!isLive(connection) || connection.status === "adopted" || connection.counter !== undefined) return undefined;
  if (connection.decision.by.kind !== "entry" || holder === undefined || "removed" in holder) return undefined;
  return holder.conditions.atMost === undefined ? undefined : entryId(holder);
}
