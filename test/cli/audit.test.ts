// The commands that list the log: what they show, to whom it belongs, what they refuse, and how it is exported.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { takeAnswer } from "../../lib/asking/take-answer.ts";
import type { AuditQuery } from "../../lib/ports.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import { actorWords } from "../../lib/wording.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acme, endpoint, service } from "../operator/desk.ts";
import { auditDesk } from "./audit-desk.fixture.ts";
import { typed } from "./typed.ts";

const log = auditDesk();
const { run, twoConsumers, acceptedOutside } = log;

async function answeredLate(approver: { name: string; arn: string }, number: number): Promise<void> {
  await takeAnswer(log.at.world.ports(), {
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
    const { out } = await run(`${line.replace("FILE", join(log.folder, "log.jsonl"))} --json`);
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
    const { out } = await typed(["audit", "--all", "--json", ...words], { api: log.server.url });
    return (JSON.parse(out) as { items: StoredEvent[] }).items.map(({ event }) => event.type);
  };

  test("an IAM ARN is found as operator, outside, and as the approver that it was", async () => {
    await aliceInEachPart();
    log.at.world.clock.advance(60);
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
    const { ledger } = log.at.ports;
    Object.assign(log.at.ports, {
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
    log.at.world.clock.advance(60);
    log.at.world.ec2.move(endpoint, "deleted");
    await log.at.admit();
    const { out } = await run(`audit --connection ${endpoint} --oldest-first --all --json --cursor ${cursor}`);
    const count = (text: string): number => (JSON.parse(text) as { items: unknown[] }).items.length;
    expect(count(out)).toBe(count(all) - 1);
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
    const file = join(log.folder, "log.jsonl");
    const { out } = await run("audit export");
    expect((await run(`audit export --out ${file}`)).out).toContain("events up to");
    expect(await readFile(file, "utf8")).toBe(out);
    const all = await lines(file);
    expect(all.map(({ event }) => event.at)).toEqual(all.map(({ event }) => event.at).toSorted());
    expect(all).toHaveLength(log.at.types().length);
  });
  test("that was broken off goes on after its last whole page, and ends the same", async () => {
    await twoConsumers();
    const file = join(log.folder, "log.jsonl");
    await run(`audit export --to 2027-01-01 --out ${file}`);
    const whole = await readFile(file, "utf8");
    const first = `${whole.split("\n")[0] ?? ""}\n`;
    const page = log.server.asked.at(-1);
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
