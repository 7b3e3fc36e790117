// The commands that ask the log: what they show, what they refuse, and that nothing an outsider wrote does harm in any output.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { csv } from "../../cli/csv.ts";
import type { Access } from "../../lib/audit/reports.ts";
import { takeAnswer } from "../../lib/asking/take-answer.ts";
import { observe } from "../../lib/loop/observe.ts";
import type { AuditQuery } from "../../lib/ports.ts";
import { isEvent, type LogRow, type Page, type StoredEvent } from "../../lib/ledger.ts";
import { actorWords } from "../../lib/wording.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { acme, desk, endpoint, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

let at: Desk;
let server: SignedServer;
let folder: string;
const run = (line: string, setting: Setting = {}): Promise<Typed> => typed(line.split(" "), { api: server.url, ...setting });

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_SESSION_TOKEN", "");
  at = desk();
  server = await served(at);
  folder = await mkdtemp(join(tmpdir(), "drawbridge-cli-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A consumer let in by an entry, and one that was not. */
async function twoConsumers(purpose = "the spring trial"): Promise<void> {
  await run(`services add ${service} --zone privatelink.example.com --yes`);
  at.world.clock.advance(60);
  await typed(["allow", acme, "--service", service, "--purpose", purpose], { api: server.url });
  at.world.clock.advance(60);
  at.connect(1, 2);
  at.connect(2, 3);
  await at.admit();
  at.world.clock.advance(5);
  at.world.ec2.move(endpoint, "available");
  await at.admit();
}

/** Somebody accepts in the console, and CloudTrail tells who. */
async function acceptedOutside(number: number, arn: string): Promise<void> {
  at.world.ec2.move(endpointOf(number), "available");
  await at.admit();
  at.world.clock.advance(60);
  const wanted = { services: [service], endpoints: [endpointOf(number)], source: { kind: "cloudtrail" }, attempt: 0 } as const;
  await observe(at.world.ports(), [
    { id: "1", wanted: { ...wanted, signal: { kind: "attributed", action: "accept", arn, event: "6f4c" } } },
  ]);
}

async function answeredLate(approver: { name: string; arn: string }, number: number): Promise<void> {
  await takeAnswer(at.world.ports(), {
    endpoint: endpointOf(number),
    question: "closed",
    approver,
    channel: "link",
    choice: "approve",
    source: "link",
  });
}

describe("filters", () => {
  test("by account one sees its connections and the entries that name it", async () => {
    await twoConsumers();
    const { out } = await run(`audit --account ${acme} --oldest-first`);
    expect(out).toMatch(/entry added[\s\S]*requested by account[\s\S]*accepted/);
  });
  test("pages follow each other with the cursor that was told, and only with the same filters", async () => {
    await twoConsumers();
    const { out, err } = await run(`audit --service ${service} --limit 2`);
    const cursor = /--cursor (\S+)/.exec(err)?.[1] ?? "";
    expect(out.trim().split("\n")).toHaveLength(3);
    const next = await run(`audit --service ${service} --limit 2 --cursor ${cursor}`);
    expect(next.code).toBe(0);
    expect(next.out.split("\n")[1]).not.toBe(out.split("\n")[1]);
    for (const other of [
      `audit --limit 2 --cursor ${cursor}`,
      `audit --service ${service} --type EntryAdded --cursor ${cursor}`,
      `audit --service ${service} --cursor nonsense`,
    ])
      expect(await run(other)).toMatchObject({ code: 2, err: expect.stringContaining("cursor") as string });
  });
  test.each([
    ["audit --from 2026-12-01 --to 2026-11-01", "to: "],
    ["audit --from yesterday", "from: "],
    ["audit --type bogus!", "type: "],
    ["audit --type ConnectionAproved", "did you mean ConnectionApproved?"],
    ["audit --type Foo", "there is no such type of event"],
    ["audit --decision maybe", "decision: "],
    ["audit --account 12", "account: "],
    ["audit --limit 0", "limit: "],
    ["audit --colour red", "there is no option --colour"],
    ["audit verfy", "did you mean audit verify?"],
    ["audit who-let-in acme", "is not an account"],
    ["audit --from 9999-12-31", "from: "],
    ["audit --from 9999-12-31 --oldest-first", "from: "],
    ["audit --from 2026-02-30", "from: "],
    ["audit --subject nonsense", "there is no option --subject"],
    ["access-report --at june", "--at june is no time"],
    ["access-report --at 2026-06-31", "--at 2026-06-31 is no time"],
    ["access-report --at 9999-12-31", "is still to come"],
    ["stats --from 9999-12-31", "is still to come"],
    ["stats --from foo", "--from foo is no time"],
    ["audit export --to foo", "--to foo is no time"],
    ["audit --csv --json", "exclude each other"],
    ["stats --json --csv", "exclude each other"],
    ["access-report --csv --json", "exclude each other"],
    ["audit export --json", "--json is one document"],
    ["evidence --from 2026-12-01 --to 2026-11-01", "is not after"],
    ["audit verify --export nowhere", "nowhere is no folder"],
  ])("%s is refused in one clear line", async (line, said) => {
    const { code, err } = await run(line);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(said);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
  test.each([
    "audit",
    "audit --all",
    "audit who-let-in 222222222222",
    "access-report",
    "stats",
    "audit export --out FILE",
    "audit export",
    "audit --csv",
  ])("%s prints one JSON document with --json, whether it is done or refused", async (line) => {
    await twoConsumers();
    const { out } = await run(`${line.replace("FILE", join(folder, "log.jsonl"))} --json`);
    expect(typeof JSON.parse(out)).toBe("object");
  });
});

describe("whose events", () => {
  const alice = "arn:aws:iam::111111111111:user/alice";
  /** Alice writes the entry; she is an approver too, was one by another name, and accepts in the console what nobody had answered. */
  async function aliceInEachPart(): Promise<void> {
    await twoConsumers();
    for (const name of ["ann", "anna"]) {
      await run(`approvers add ${name} --arn ${alice} --email ${name}@example.com`);
      await run(`approvers remove ${name} --yes`);
    }
    await acceptedOutside(2, alice);
  }
  const types = async (...words: string[]): Promise<string[]> => {
    const { out } = await typed(["audit", "--all", "--json", ...words], { api: server.url });
    return (JSON.parse(out) as { items: StoredEvent[] }).items.map(({ event }) => event.type);
  };

  test("an IAM ARN is found as operator, outside, and as the approver that it was", async () => {
    await aliceInEachPart();
    at.world.clock.advance(60);
    await answeredLate({ name: "anna", arn: alice }, 2);
    const found = await types("--actor", alice);
    expect(found).toEqual(expect.arrayContaining(["EntryAdded", "Attributed", "AnswerRefused"]));
    expect(await types("--actor", alice, "--limit", "1")).toEqual(found);
  });
  test.each([
    ["AWS", "ConnectionAvailable"],
    ["Drawbridge", "ApprovalRequested"],
    ["allow-list", "ConnectionApproved"],
    ["alice of 111111111111", "EntryAdded"],
    ["alice of 111111111111, outside", "Attributed"],
    ["somebody outside", "AcceptedOutside"],
    ["anna (link)", "AnswerRefused"],
    ["anna", "AnswerRefused"],
  ])("%s is whom the column BY calls so", async (words, type) => {
    await aliceInEachPart();
    await answeredLate({ name: "anna", arn: alice }, 2);
    const found = await types("--actor", words);
    expect(found).toContain(type);
    const { out } = await run("audit --all --json");
    const all = (JSON.parse(out) as { items: StoredEvent[] }).items;
    expect(found).toHaveLength(
      all.filter(({ event }) => actorWords(event.by).replace(/ \(link\)$/, "") === words.replace(/ \(link\)$/, "")).length,
    );
  });
  test("a page that was read in vain says so, and how to go on", async () => {
    await twoConsumers();
    const { ledger } = at.ports;
    Object.assign(at.ports, {
      ledger: {
        ...ledger,
        search: async (query: AuditQuery) => ({ ...(await ledger.search(query)), cursor: "more" }),
      },
    });
    const { out, err } = await run("audit --decision accepted --type EntryRemoved");
    expect(out.trim()).toBe("There is none in what was read so far.");
    expect(err).toContain("There is more");
  });
  test("a chain's pages end where it ended when the first was read", async () => {
    await twoConsumers();
    const first = await run(`audit --connection ${endpoint} --oldest-first --limit 1`);
    const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? "";
    const { out: all } = await run(`audit --connection ${endpoint} --oldest-first --json`);
    at.world.clock.advance(60);
    at.world.ec2.move(endpoint, "deleted");
    await at.admit();
    const { out } = await run(`audit --connection ${endpoint} --oldest-first --all --json --cursor ${cursor}`);
    const count = (text: string): number => (JSON.parse(text) as { items: unknown[] }).items.length;
    expect(count(out)).toBe(count(all) - 1);
  });
});

describe("answers", () => {
  test("rows have the colour of what was decided", async () => {
    await twoConsumers();
    const { out } = await run("audit", { colour: true, width: 400 });
    // oxlint-disable-next-line no-control-regex
    expect(out).toMatch(/\u001b\[32maccepted, because/);
    // oxlint-disable-next-line no-control-regex
    expect(out).toMatch(/\u001b\[33mapprovers are asked/);
  });
  test("a report of connections is a table at 120 columns, one connection a row, in colour", async () => {
    await twoConsumers();
    const { out } = await run("access-report", { colour: true, width: 120 });
    expect(out).toMatch(new RegExp(`^${acme}  ${endpoint}  \\S*connected`, "m"));
    for (const line of (await run("access-report", { width: 120 })).out.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });
  test("who let an account in, by which version of which entry, written by whom", async () => {
    await twoConsumers();
    const { out } = await run(`audit who-let-in ${acme}`);
    expect(out).toContain(`Account ${acme}: 1 of 1 connections is in.`);
    expect(out).toMatch(/Entry +\d{12} at vpce-svc-\w+, version 1/);
    expect(out).toMatch(/Written .* by alice of 111111111111/);
    expect((await run("audit who-let-in 999999999999")).out).toContain("never had a connection");
  });
  test("who let it in past Drawbridge, as CloudTrail tells it, in both reports; each time; and what became of the rule since", async () => {
    await twoConsumers();
    const root = "arn:aws:iam::111111111111:root";
    await acceptedOutside(2, root);
    for (const line of [`audit who-let-in ${accountOf(3)}`, "access-report"])
      expect((await run(line)).out, line).toContain("root of 111111111111, outside");
    expect((await run(`audit who-let-in ${accountOf(3)}`)).out).toContain("(CloudTrail event 6f4c)");
    at.world.clock.advance(60);
    await run(`allow ${acme} --service ${service} --ticket NET-2 --reason longer`);
    at.world.clock.advance(60);
    at.world.ec2.move(endpoint, "rejected");
    await at.admit();
    at.world.clock.advance(300);
    at.world.ec2.move(endpoint, "available");
    await at.admit();
    at.world.clock.advance(60);
    await run(`remove ${acme} --service ${service} --disconnect keep --reason over --yes`);
    const { out } = await run(`audit who-let-in ${acme}`);
    expect(out).toMatch(/Let in .*by somebody outside[\s\S]*Before .*by allow-list[\s\S]*Ended .*somebody outside: AWS shows rejected/);
    expect(out).toMatch(/Rule since +version 2, .*alice of 111111111111: entry changed: .*because longer/);
    expect(out).toMatch(/Rule since +removed, .*: entry removed: .*because over/);
    const { connections } = JSON.parse((await run(`audit who-let-in ${acme} --json`)).out) as { connections: { earlier: object[] }[] };
    expect(connections).toMatchObject([
      { by: { kind: "outside" }, earlier: [{ by: { kind: "entry" }, ruleSince: [{ version: 2 }, { because: { detail: "over" } }] }] },
    ]);
  });
  test("who was in at a moment, and who had left by another", async () => {
    await twoConsumers();
    const then = at.world.clock.now();
    at.world.clock.advance(60);
    at.world.ec2.move(endpoint, "deleted");
    await at.admit();
    const report = JSON.parse((await run(`access-report --at ${then} --json`)).out) as { connections: Access[] };
    expect(report.connections).toMatchObject([
      { endpoint, account: acme, status: "connected", because: { rule: "entry" }, entry: { version: 1 } },
    ]);
    expect((await run(`access-report --at ${at.world.clock.now()}`)).out).toContain("0 connections were let in");
  });
  test("how many were decided by themselves, and how fast", async () => {
    await twoConsumers();
    const { total } = JSON.parse((await run("stats --from 2026-01-01 --json")).out) as { total: Record<string, number> };
    expect(total).toMatchObject({ requests: 2, decided: 1, automatic: 1, accepted: 1 });
    const { out } = await run("stats --from 2026-01-01");
    expect(out).toContain("of the 1 decided 100 % by themselves");
    expect(out).toMatch(/[█░]/);
  });
});

describe("a log that somebody altered", () => {
  /** Some rows as one command of somebody with rights on the table left them. */
  const altered = (change: (row: LogRow) => LogRow[]): void => {
    const { ledger } = at.ports;
    const pages = async (page: Promise<Page<LogRow>>): Promise<Page<LogRow>> => {
      const { items, ...rest } = await page;
      return { ...rest, items: items.flatMap(change) };
    };
    Object.assign(at.ports, {
      ledger: {
        ...ledger,
        search: (...given: Parameters<typeof ledger.search>) => pages(ledger.search(...given)),
        history: (...given: Parameters<typeof ledger.history>) => pages(ledger.history(...given)),
      },
    });
  };
  const isSecond = (row: LogRow): boolean => row.subject === `connection#${endpoint}` && row.seq === 2;

  test("is told of in every answer, and blinds none", async () => {
    await twoConsumers();
    altered((row) => (isSecond(row) ? [{ subject: row.subject, seq: row.seq, unreadable: "hash: not a SHA-256" }] : [row]));
    const lines = ["audit --all", "audit --all --csv", `audit --connection ${endpoint}`, `show ${endpoint}`, "audit export"];
    for (const line of lines) {
      const { code, out } = await run(line);
      expect({ line, code, told: out.includes("hash: not a SHA-256") }).toEqual({ line, code: 0, told: true });
    }
    for (const line of [`audit who-let-in ${acme}`, "access-report"]) {
      const { code, out } = await run(line);
      expect({ line, code, told: out.includes("is incomplete, or contradicts itself") }).toEqual({ line, code: 0, told: true });
    }
    expect(await run("stats --from 2026-01-01")).toMatchObject({ code: 0 });
  });
  test("by an event that only the index lacks, or is late to show, tells the whole all the same", async () => {
    await twoConsumers();
    const { ledger } = at.ports;
    const search: typeof ledger.search = async (...given) =>
      ledger.search(...given).then((page) => ({ ...page, items: page.items.filter((row) => !isSecond(row)) }));
    Object.assign(at.ports, { ledger: { ...ledger, search } });
    const { out } = await run(`audit who-let-in ${acme}`);
    expect(out).toContain("1 of 1 connections is in.");
    expect(out).not.toContain("incomplete");
    expect((await run("access-report")).out).toContain("1 connection was let in");
  });
  test("by an event that is gone, or lacks what makes it one, answers all the same", async () => {
    await twoConsumers();
    altered((row) =>
      isSecond(row)
        ? []
        : isEvent(row) && row.seq === 3
          ? [{ ...row, event: { ...row.event, type: "ConnectionRequested" } as never }]
          : [row],
    );
    for (const line of ["audit --all", `audit who-let-in ${acme}`, "access-report", "stats --from 2026-01-01", `show ${endpoint}`])
      expect({ line, code: (await run(line)).code }).toEqual({ line, code: 0 });
    expect((await run("audit --all")).out).toContain("whose members are not those of such an event");
    expect((await run(`audit who-let-in ${acme}`)).out).toContain("is incomplete, or contradicts itself");
  });
});

describe("an export", () => {
  const lines = async (file: string): Promise<StoredEvent[]> =>
    (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as StoredEvent);
  test("is JSON Lines, oldest first, on stdout and in a file alike", async () => {
    await twoConsumers();
    const file = join(folder, "log.jsonl");
    const { out } = await run("audit export");
    expect((await run(`audit export --out ${file}`)).out).toContain("events up to");
    expect(await readFile(file, "utf8")).toBe(out);
    const all = await lines(file);
    expect(all.map(({ event }) => event.at)).toEqual(all.map(({ event }) => event.at).toSorted());
    expect(all).toHaveLength(at.types().length);
  });
  test("that was broken off goes on after its last whole page, and ends the same", async () => {
    await twoConsumers();
    const file = join(folder, "log.jsonl");
    await run(`audit export --to 2027-01-01 --out ${file}`);
    const whole = await readFile(file, "utf8");
    const first = `${whole.split("\n")[0] ?? ""}\n`;
    const page = server.asked.at(-1);
    const to = new URL(page?.url ?? "", "http://here").searchParams.get("to") ?? "";
    const { err } = await run(`audit --oldest-first --limit 1 --to ${to}`);
    const cursor = /--cursor (\S+)/.exec(err)?.[1] ?? "";
    await writeFile(`${file}.part`, `${first}{"half":`);
    await writeFile(
      `${file}.progress`,
      JSON.stringify({ asked: JSON.stringify([{}, "2027-01-01T00:00:00.000Z"]), to, cursor, bytes: Buffer.byteLength(first), events: 1 }),
    );
    expect((await run(`audit export --to 2027-01-01 --out ${file}`)).err).toContain("Going on after 1 events.");
    expect(await readFile(file, "utf8")).toBe(whole);
  });
});

describe("hostile words", () => {
  // A terminal's escape, a page's tag, a spreadsheet's formula: as the purpose of an entry, where operators may write.
  const formulas = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "＝1+1", " =1"];
  test("no cell of a CSV is a formula, breaks its line or steers the terminal", () => {
    for (const text of formulas) expect(csv(["head"], [[text]]).split("\n")[1]).toMatch(/^"?('|\\u\{9\})/);
    expect(csv(["a", "b"], [['say "hi", now', "\u001b[31mred\u001b[0m\u202e\u0007"]]).split("\n")[1]).toBe(
      '"say ""hi"", now",\\u{1b}[31mred\\u{1b}[0m\\u{202e}\\u{7}',
    );
    expect(csv(["a"], [["x;=1+1; -2;+3"]]).split("\n")[1]).toBe("x;'=1+1;' -2;'+3");
    for (const mark of ["\u{34f}", "\u{3164}", "\u{e0041}", "\u{e007f}", "\u{200b}", "\u{2800}"])
      expect(csv(["a"], [[`a${mark}b`]])).toBe(`a\na\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}b`);
    expect(csv(["a"], [["two\nlines"]]).split("\n")).toHaveLength(2);
  });
  test("what somebody wrote into the log past every check is shown, and does nothing", async () => {
    await twoConsumers();
    const evil = `\u{e0041}\u{e007f}\u{34f}\u{3164}\u001b]0;owned\u0007<script>alert(1)</script>=HYPERLINK("x")\u202e\r\n`;
    const stored = at.world.tables.committed.find(({ subject }) => subject.startsWith("connection#"));
    if (stored === undefined) throw new Error("there is a connection");
    (stored.event.because as { detail: string }).detail = evil;
    (stored.event as { by: unknown }).by = { kind: "approver", name: evil, channel: "link" };
    for (const line of ["audit --all", "audit --all --csv", `audit --all --json`, "access-report", "stats --from 2026-01-01"]) {
      const { out, err } = await run(line, { colour: false });
      for (const mark of ["\u001b", "\u0007", "\u202e", "\r", "\u{e0041}", "\u{e007f}", "\u{34f}", "\u{3164}"])
        expect(`${out}${err}`, line).not.toContain(mark);
    }
  });
});
