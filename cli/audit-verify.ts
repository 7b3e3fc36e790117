// The command audit verify: whether the log is what was written, and if not, which event was touched.

import { coverage, type Period } from "../lib/audit/coverage.ts";
import { beside, type Finding } from "../lib/audit/finding.ts";
import { sealedBy } from "../lib/audit/sealed.ts";
import { verification, type Verification, type Verified } from "../lib/audit/verification.ts";
import { sha256 } from "../lib/aws/sha256.ts";
import { instant, milliseconds, type Instant } from "../lib/ids.ts";
import type { LogRow, Subject } from "../lib/ledger.ts";
import { proofFromAws, whereKept, type Proof } from "./audit-proof.ts";
import { chainOf, events, settledEnd } from "./audit-stream.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { Failure, ToldFailure, wrongUsage } from "./failure.ts";
import { details, harmless, moment, painted } from "./render.ts";
import { believedOf, fingerprintsOf, trustOf, unbelieved, type Believed } from "./signing-keys.ts";
import { periodOf } from "./times.ts";

export const auditVerify: Command = {
  name: "audit verify",
  operands: "",
  summary: "whether the log is what was written, and if not, which event was touched",
  more: "Every event is held against the signed checkpoints, which come straight from S3 and KMS with your own credentials. What is newer than the last checkpoint, mostly under a minute, is held against its own chain. Which bucket and which key, the deployment says itself: whoever does not believe it gives --bucket, and --fingerprint or --key. With --export nothing is asked of AWS.",
  options: {
    from: { value: "TIME", help: "only what happened from then on; a year of checkpoints takes half a million reads" },
    to: { value: "TIME", help: "only what happened before then" },
    export: {
      value: "FOLDER",
      help: "verify a bundle that drawbridge evidence made, offline; --from and --to then say what it must cover",
    },
    key: { value: "FILE", help: "the public key as PEM, got elsewhere, instead of the one that KMS gives or the bundle holds" },
    fingerprint: { value: "SHA256", several: true, help: "the fingerprint that was written down: a key with another is a finding" },
    bucket: {
      value: "NAME",
      help: "where the checkpoints are, instead of where the deployment says: one that you know, or that an earlier deployment kept",
    },
  },
  examples: [
    "drawbridge audit verify",
    "drawbridge audit verify --from 2026-11-01 --to 2026-12-01",
    "drawbridge audit verify --export evidence-2026-11 --key key.pem",
  ],
  async run(call) {
    operandsOf(call, this, 0);
    const { given } = call;
    const folder = given.text("export");
    if (folder !== undefined && given.text("bucket") !== undefined) throw wrongUsage("--export and --bucket exclude each other");
    const believed = await believedOf(call);
    const period = periodOf(given);
    const verified = folder === undefined ? await verifyLive(call, period, believed) : await verifyBundle(folder, period, believed);
    call.result(verified, () => shown(verified, call.terminal));
    if (!verified.intact)
      throw new ToldFailure(1, "LogAltered", `${String(verified.findings.length)} findings: the log is not proved to be what was written`);
  },
};

export interface VerifiedLog extends Verified {
  /** What was verified; without `from`, from the log's beginning. */
  readonly period: Period;
  /** Which log the checkpoints speak of. */
  readonly log?: string;
  /** By ARN, the SHA-256 of each key that signed, and where it is from: compare it with what you wrote down. */
  readonly keys: Readonly<Record<string, string>>;
  readonly keysFrom: Readonly<Record<string, string>>;
}

interface Verifying {
  readonly proof: Proof;
  readonly period: Period;
  readonly believed: Believed;
  /** What there is of the log from then on, and before another time. */
  readonly rows: (from: Instant | undefined, to: Instant, findings: Finding[]) => AsyncIterable<LogRow>;
  /** Where a chain can be read by its key. */
  readonly chain?: (subject: Subject) => Promise<readonly LogRow[]>;
}

async function verifyLive(call: Call, asked: { from?: Instant; to?: Instant }, believed: Believed): Promise<VerifiedLog> {
  const end = settledEnd(undefined);
  const proof = await proofFromAws(await whereKept(call), asked, believed, call.terminal.env);
  // A checkpoint of the last moments may hold events that the indexes do not show yet.
  const checkpoints = proof.checkpoints.filter(({ statement }) => statement.until < end);
  return verify({
    proof: { ...proof, checkpoints },
    period: { ...asked, to: asked.to !== undefined && asked.to < end ? asked.to : end },
    believed,
    rows: (from, to) => events(call, { from, to: to < end ? to : end }),
    chain: (subject) => chainOf(call, subject),
  });
}

async function verifyBundle(folder: string, asked: { from?: Instant; to?: Instant }, believed: Believed): Promise<VerifiedLog> {
  const { openBundle } = await import("./bundle.ts");
  const { manifest, rows, ...proof } = await openBundle(folder, believed);
  const { from, to } = manifest;
  const short = (asked.from !== undefined && from !== undefined && asked.from < from) || (asked.to !== undefined && asked.to > to);
  const covers = short
    ? [beside("bundle", `the bundle is of ${from ?? "the log's beginning"} to ${to}, which is less than you asked for`)]
    : [];
  return verify({
    proof: { ...proof, findings: [...covers, ...proof.findings] },
    period: { ...(from === undefined ? {} : { from }), to },
    believed,
    rows: (_from, _to, findings) => rows(findings),
  });
}

/** So many chains are read by their keys: where more are in doubt, it is not a key of an index that was altered. */
const chainsReadMax = 200;

async function verify({ proof, period, believed, rows, chain }: Verifying): Promise<VerifiedLog> {
  const sealed = sealedBy(proof.checkpoints, trustOf(proof.keys), period.from !== undefined);
  const findings = [...unbelieved(proof.keys, believed), ...proof.findings, ...sealed.findings, ...coverage(sealed.statements, period)];
  const verifying = verification({ sealed: { ...sealed, findings }, hash: sha256, period });
  const [first, last] = [sealed.statements[0], sealed.statements.at(-1)];
  const begin = period.from === undefined || first?.number === 1 ? undefined : (first?.since ?? period.from);
  const end = last === undefined || last.until < period.to ? period.to : instant(milliseconds(last.until) + 1);
  const ofLines: Finding[] = [];
  for await (const row of rows(begin, end, ofLines)) verifying.add(row);
  if (chain !== undefined) await askAgain(verifying, chain, period.to);
  const done = verifying.finish();
  const all = [...ofLines, ...done.findings];
  return {
    ...done,
    findings: all,
    intact: all.length === 0,
    period,
    ...(last === undefined ? {} : { log: last.log }),
    keys: fingerprintsOf(proof.keys),
    keysFrom: Object.fromEntries([...proof.keys].map(([arn, { from }]) => [arn, from])),
  };
}

/** What the list by time does not give may stand in its chain, under a key that nobody looks for. */
async function askAgain(verifying: Verification, chain: (subject: Subject) => Promise<readonly LogRow[]>, before: Instant): Promise<void> {
  for (const subject of verifying.doubtful().slice(0, chainsReadMax)) {
    try {
      verifying.found(await chain(subject), before);
    } catch (error) {
      // Somebody made up a name that nobody can ask for: what was found of it stands.
      if (!(error instanceof Failure && error.exit === 2)) throw error;
    }
  }
}

function shown(verified: VerifiedLog, terminal: Call["terminal"]): string {
  const {
    intact,
    findings,
    events: count,
    sealed,
    held,
    unsealed,
    outside,
    chains,
    checkpoints,
    until,
    keys,
    keysFrom,
    period,
    log,
  } = verified;
  const isAltered = findings.some(({ kind }) => !unproved.has(kind));
  const time = `${period.from === undefined ? "the log's beginning" : moment(period.from)} to ${moment(period.to)}`;
  const facts: (readonly [string, string])[] = [
    ["Period", `from ${time} UTC`],
    ...(log === undefined ? [] : [["Log", log] as const]),
    [
      "Events",
      `${String(count)} in ${String(chains)} chains${outside === 0 ? "" : `, ${String(outside)} of them outside the period, since its checkpoints hold them too`}`,
    ],
    ["Under a checkpoint", `${String(sealed)} of the ${String(held)} that these checkpoints hold`],
    ["Newer", `${String(unsealed)}, held against their own chains only`],
    [
      "Checkpoints",
      `${String(checkpoints)}${until === undefined ? "" : `, the last of ${moment(until)}: what is after it could still be altered`}`,
    ],
    ...Object.entries(keys).map(([arn, print]) => ["Signed by", `${arn}, SHA-256 ${print}, ${keysFrom[arn] ?? ""}`] as const),
  ];
  const verdict = intact
    ? painted(count === 0 ? `There is no event from ${time}, and nothing is missing.` : "The log is what was written.", "green", terminal)
    : painted(
        `${isAltered ? "The log was altered" : "No event was found altered, but the log is not proved"}: ${String(findings.length)} findings.`,
        "red",
        terminal,
      );
  const told = findings.slice(0, shownMax).map(({ text }) => `  ${harmless(text)}`);
  const more = findings.length > shownMax ? [`  … and ${String(findings.length - shownMax)} more: see --json`] : [];
  return [verdict, ...told, ...more, "", details(facts, terminal)].join("\n");
}

const shownMax = 50;
/** What speaks against the proof rather than against an event. */
const unproved: ReadonlySet<string> = new Set(["gap", "key", "bundle"]);
