// What the log answers: who let whom in, who is in, how much was decided; and nothing that was altered or written into it does harm in any output.

import { describe, expect, test } from "vitest";
import { csv } from "../../cli/csv.ts";
import type { Access } from "../../lib/audit/reports.ts";
import { isEvent, type LogRow, type Page } from "../../lib/ledger.ts";
import { accountOf } from "../fakes/endpoint-services.ts";
import { acme, endpoint, service } from "../operator/desk.ts";
import { auditDesk } from "./audit-desk.fixture.ts";

const log = auditDesk();
const { run, twoConsumers, acceptedOutside } = log;

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
    log.at.world.clock.advance(60);
    await run(`allow ${acme} --service ${service} --ticket NET-2 --reason longer`);
    log.at.world.clock.advance(60);
    log.at.world.ec2.move(endpoint, "rejected");
    await log.at.admit();
    log.at.world.clock.advance(300);
    log.at.world.ec2.move(endpoint, "available");
    await log.at.admit();
    log.at.world.clock.advance(60);
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
    const then = log.at.world.clock.now();
    log.at.world.clock.advance(60);
    log.at.world.ec2.move(endpoint, "deleted");
    await log.at.admit();
    const report = JSON.parse((await run(`access-report --at ${then} --json`)).out) as { connections: Access[] };
    expect(report.connections).toMatchObject([
      { endpoint, account: acme, status: "connected", because: { rule: "entry" }, entry: { version: 1 } },
    ]);
    expect((await run(`access-report --at ${log.at.world.clock.now()}`)).out).toContain("0 connections were let in");
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
    const { ledger } = log.at.ports;
    const pages = async (page: Promise<Page<LogRow>>): Promise<Page<LogRow>> => {
      const { items, ...rest } = await page;
      return { ...rest, items: items.flatMap(change) };
    };
    Object.assign(log.at.ports, {
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
    const { ledger } = log.at.ports;
    const search: typeof ledger.search = async (...given) =>
      ledger.search(...given).then((page) => ({ ...page, items: page.items.filter((row) => !isSecond(row)) }));
    Object.assign(log.at.ports, { ledger: { ...ledger, search } });
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
    const stored = log.at.world.tables.committed.find(({ subject }) => subject.startsWith("connection#"));
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
