// Each command against the real use-cases in memory, over signed HTTP: what it shows, what it asks, how it exits.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Page } from "../../lib/ledger.ts";
import type { Pending } from "../../lib/operator/pending.ts";
import { desk, endpoint, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Setting, type Typed } from "./typed.ts";

let at: Desk;
let server: SignedServer;
const run = (line: string, setting: Setting = {}): Promise<Typed> => typed(line.split(" "), { api: server.url, ...setting });

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_SESSION_TOKEN", "a token");
  at = desk();
  server = await served(at);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const add = `services add ${service} --zone privatelink.example.com`;

test("each request carries the session's token and a signature that AWS would take", async () => {
  await run("list --service *");
  await run("audit --actor operator/x");
  expect(server.asked).toMatchObject([{ signed: true }, { signed: true }]);
  expect(server.asked.every(({ headers }) => headers["x-amz-security-token"] === "a token")).toBe(true);
});

test("services add previews, asks, and says what was recorded", async () => {
  at.connect(1, 2, 60);
  at.world.ec2.move(endpoint, "available");
  at.connect(2, 3);
  const shown = await run(add, { answer: "y" });
  expect(shown).toMatchObject({ code: 0, questions: [`Take ${service} into care? [y/N] `] });
  expect(shown.err).toMatch(/Connections {2}1 accepted already; 1 waiting \(0 accepted, 1 asked about, 0 rejected\)/);
  expect(shown.out).toContain("Recorded: 1 adopted, 1 waiting for a decision.");
  expect((await run("services")).out).toMatch(new RegExp(`${service} +enforce +privatelink.example.com +keep`));
});

test("without a person and without --yes nothing is added; a no changes nothing either", async () => {
  expect(await run(add)).toMatchObject({ code: 1, err: expect.stringContaining("add --yes") });
  expect(await run(add, { answer: "n" })).toMatchObject({ code: 1, err: expect.stringContaining("nothing was changed") });
  expect(at.types()).toEqual([]);
});

test("what stands in the way is told with the command that helps, in one line", async () => {
  at.world.ec2.addService(service, { tags: {} });
  const { code, err } = await run(`${add} --yes`);
  expect(code).toBe(1);
  expect(err).toBe(
    `drawbridge: ${service} has no tag drawbridge, without which Drawbridge may not act on it; set it with: aws ec2 create-tags --resources ${service} --tags Key=drawbridge,Value=\n`,
  );
});

test("an observed service is enforced after a preview, shown, and released", async () => {
  await run(`${add} --observe --yes`);
  expect((await run(`services show ${service}`)).out).toContain("observe: decisions are logged, nothing is done");
  expect(await run(`services enforce ${service} --yes`)).toMatchObject({
    code: 0,
    out: `Decisions at ${service} are carried out from now on.\n`,
  });
  expect((await run(`show ${service}`)).out).toMatch(/alice of 111111111111 +enforced: from now on decisions are carried out/);
  expect(await run(`services remove ${service}`)).toMatchObject({ code: 1 });
  expect(await run(`services remove ${service} --yes`)).toMatchObject({ code: 0 });
});

test("allow with every option, again, changed, listed, shown and removed", async () => {
  await run(`${add} --yes`);
  const allow = `allow 222222222222 --service ${service} --name acme --label acme-pay --region eu-west-1 --region eu-west-2 --ip-type ipv4 --not-before 2026-12-01 --expires 2027-12-31 --contact ops@acme.example --purpose payments --ticket NET-42`;
  const words = `account 222222222222 (acme) at ${service}: accept, version 1, from eu-west-1 or eu-west-2, ipv4 only, not before 2026-12-01 00:00 UTC, until 2027-12-31 00:00 UTC`;
  expect(await run(allow)).toMatchObject({ code: 0, out: `Added: ${words}\n` });
  expect(await run(allow)).toMatchObject({ code: 0, out: `Nothing changed, it says so already: ${words}\n` });
  const asked = await run(`ask 222222222222 --service ${service}`);
  expect(asked.out).toContain(`Before:  ${words}\nDiffers: verdict accept → ask, regions eu-west-1 or eu-west-2 → none, `);
  expect((await run("list")).out).toMatch(/222222222222 +ask +acme/);
  expect((await run(`show 222222222222 --service ${service}`)).out).toContain("entry changed");
  expect(await run(`remove 222222222222 --service ${service} --yes`)).toMatchObject({ code: 0, err: expect.stringContaining("version 2") });
  expect((await run("list")).out).toContain("There are no entries");
});

test("accepting everybody is asked about first", async () => {
  expect(await run("allow any --service *")).toMatchObject({ code: 1, err: expect.stringContaining("Accept everybody at every service?") });
  expect(await run("allow any --service * --yes")).toMatchObject({ code: 0 });
});

test("a deny that cuts somebody off names them and asks; --yes goes on", async () => {
  await run(`${add} --yes`);
  await run(`allow 222222222222 --service ${service} --name acme`);
  at.connect(1);
  await at.admit();
  const refused = await run(`deny 222222222222 --service ${service}`, { answer: "no" });
  expect(refused).toMatchObject({ code: 1, questions: ["This cuts 1 connection. Go on? [y/N] "] });
  expect(refused.err).toMatch(new RegExp(`${endpoint} +222222222222 +${service} +cut at once`));
  expect(await run(`deny 222222222222 --service ${service} --yes`)).toMatchObject({ code: 0 });
  await at.admit();
  expect((await run(`show ${endpoint}`)).out).toContain("revoked, because account 222222222222");
});

test("a question is listed, approved, and the connection's whole story is told", async () => {
  await run(`${add} --yes`);
  at.connect(1, 3);
  await at.admit();
  at.world.clock.advance(300);
  expect((await run("pending")).out).toMatch(
    new RegExp(
      `${endpoint} +333333333333 +- +${service} +5 min +whoever has the link +0 of 1 +eu-west-1 +ipv4 +no entry matches account 333333333333`,
    ),
  );
  const approved = await typed(["approve", endpoint, "--reason", "known partner"], { api: server.url });
  expect(approved).toMatchObject({ code: 0, out: `${endpoint} of 333333333333: accepted by alice of 111111111111: known partner\n` });
  const { out } = await run(`show ${endpoint}`);
  expect(out.split("\n").filter((line) => line.startsWith("20"))).toMatchInlineSnapshot(`
    [
      "2026-11-23 12:00:00  AWS                    requested by account 333333333333 from eu-west-1; AWS shows pendingAcceptance",
      "2026-11-23 12:00:00  Drawbridge             approvers are asked, because no entry matches account 333333333333",
      "2026-11-23 12:05:00  alice of 111111111111  accepted by alice of 111111111111: known partner",
    ]
  `);
  expect(await run(`approve ${endpoint}`)).toMatchObject({ code: 1, err: expect.stringContaining("the answer was refused") });
  expect(await run(`reject ${endpoint}`)).toMatchObject({ code: 1, err: expect.stringContaining("rejecting it cuts it off") });
  expect(await run(`reject ${endpoint}`, { answer: "yes" })).toMatchObject({ code: 0, out: expect.stringContaining("revoked by alice") });
});

test("show of an account tells its entries and its connections", async () => {
  await run(`${add} --yes`);
  await run("allow 222222222222 --service * --name acme");
  at.connect(1);
  await at.admit();
  const { out } = await run("show 222222222222");
  expect(out).toMatch(/Entries\n.*\n\* +222222222222 +accept +acme/);
  expect(out).toMatch(new RegExp(`Connections\n.*\n${endpoint} +222222222222`));
});

test("audit filters and pages; --all reads every page", async () => {
  await run(`${add} --yes`);
  for (const number of [1, 2, 3]) at.connect(number, 3);
  await at.admit();
  const page = await run("audit --decision asked --limit 2");
  expect(page.out.trimEnd().split("\n")).toHaveLength(3);
  const [, cursor = ""] = /--cursor (\S+)/.exec(page.err) ?? [];
  expect((await run(`audit --decision asked --limit 2 --cursor ${cursor}`)).out.trimEnd().split("\n")).toHaveLength(2);
  const all = JSON.parse((await run("audit --all --limit 2 --oldest-first --json")).out) as { items: unknown[] };
  expect(all.items).toHaveLength(7);
});

test.each(["services", "list", "connections", "pending", "audit", `show ${endpoint}`, "show 222222222222", `services show ${service}`])(
  "%s --json prints one document and nothing else",
  async (line) => {
    await run(`${add} --yes`);
    at.connect(1);
    await at.admit();
    const { code, out } = await run(`${line} --json`);
    expect(code).toBe(0);
    expect(typeof JSON.parse(out)).toBe("object");
  },
);

test("a wrong value exits with 2 and names the option, the value and the remedy", async () => {
  expect(await run(`allow 222222222222 --service ${service} --region Ireland`)).toMatchObject({
    code: 2,
    err: 'drawbridge: conditions.regions.0: "Ireland" is not valid; give a Region, such as eu-west-1\n',
  });
  expect(await run("show vpce-svc-0123456789abcdef1")).toMatchObject({
    code: 1,
    err: expect.stringContaining("is not in Drawbridge's care"),
  });
});

test("what outsiders wrote steers no terminal", async () => {
  await run(`${add} --yes`);
  at.connect(1, 3);
  await at.admit();
  const { items } = await at.ask<Page<Pending>>("GET /pending");
  const hostile = "ok\u001b]0;owned\u0007\u001b[2J\r\u202Egnp";
  const { clock, newId, services, connections, ledger, endpointServices } = at.ports;
  const { run: loop } = await import("../../lib/loop/run.ts");
  await loop(
    { clock, newId, services, connections, ledger, endpointServices, judging: at.ports },
    {
      service,
      tasks: [
        {
          endpoint,
          signal: {
            kind: "answered",
            question: items[0]?.question.id ?? "",
            choice: "approve",
            by: { kind: "approver", name: `Ann\u001b[31m`, channel: "link" },
            reason: hostile,
          },
          source: { kind: "answer" },
        },
      ],
    },
  );
  for (const line of [`show ${endpoint}`, "audit"]) {
    const { out } = await run(line);
    expect(out).toContain("ok\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{d}\\u{202e}gnp");
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
  }
});

test("approvers test says what was sent by mail and in Slack, and the list what Slack takes for whom", async () => {
  at.slack.configure();
  at.slack.side.leave("U0GONE0000");
  await run("approvers add ann --slack U0ANN00000");
  await run("approvers add gone --slack U0GONE0000");
  await run("approvers add bob --email bob@example.com");
  await run("approvers add cleo --arn arn:aws:iam::111111111111:user/cleo");
  expect((await run("approvers list")).out).toMatch(/ann +.* U0ANN00000, not tried/);
  const tried = async (name: string): Promise<string> => (await run(`approvers test ${name}`)).out.trim();
  expect(await tried("ann")).toBe("Slack has taken a test for ann.");
  expect(await tried("gone")).toMatch(/^Nothing was sent in Slack: .*user_not_found/);
  expect(await tried("bob")).toMatch(/^Nothing was mailed: not confirmed/);
  expect(await tried("cleo")).toBe("Nothing was sent: there is neither an address nor a Slack user.");
  const { out } = await run("approvers list", { width: 400 });
  expect(out).toMatch(/ann +.* U0ANN00000, takes messages/);
  expect(out).toMatch(/gone +.* U0GONE0000, .*user_not_found/);
});

test("approvers add says in lines of their own what AWS has mailed, and what to do with it", async () => {
  const { out } = await run("approvers add ann --email ann@example.com");
  expect(out.split("\n").map((line) => line.slice(0, 40))).toEqual([
    "ann is an approver. AWS has mailed ann@e",
    "Nothing reaches that address before it i",
    "  drawbridge approvers confirm ann --lin",
    "Then only AWS credentials can end the su",
    "",
  ]);
  expect(out).not.toContain("\\u{");
});

test("approvers add takes nothing away without being told to", async () => {
  await run("approvers add ann --email ann@example.com --arn arn:aws:iam::111111111111:user/ann");
  const left = "the mail address ann@example.com, the IAM identity arn:aws:iam::111111111111:user/ann";
  expect(await run("approvers add ann --slack U0ANN00000", { answer: "n" })).toMatchObject({
    code: 1,
    questions: [`This takes away from ann what is left out: ${left}. Go on? [y/N] `],
  });
  expect((await run("approvers list --json")).out).toContain("ann@example.com");
  expect(await run("approvers add ann --slack U0ANN00000")).toMatchObject({ code: 1, err: expect.stringContaining(left) });
  expect(await run("approvers add ann --slack U0ANN00000 --yes")).toMatchObject({ code: 0 });
  expect((await run("approvers list --json")).out).not.toContain("ann@example.com");
});

test("pending says who is asked, whose answer would not count, how many have to agree, and what the account is called", async () => {
  await run(`${add} --yes`);
  for (const name of ["alice", "bob", "cleo"]) await run(`approvers add ${name} --arn arn:aws:iam::111111111111:user/${name}`);
  await run(`services set ${service} --approver alice --approver bob --approver cleo --quorum 2 --yes`);
  await run(`ask 222222222222 --service ${service} --name acme`);
  at.connect(1);
  at.connect(2, 4);
  await at.admit();
  const [known = "", unknown = ""] = (await run("pending")).out.trim().split("\n").slice(1);
  expect(known).toMatch(/222222222222 +acme +.* bob cleo, not alice +0 of 2 +eu-west-1 +ipv4 +account 222222222222/);
  expect(unknown).toMatch(/444444444444 +- +.* alice bob cleo +0 of 2 /);
  const { items } = JSON.parse((await run("pending --json")).out) as Page<Pending>;
  expect(items[0]).toMatchObject({
    name: "acme",
    asked: ["alice", "bob", "cleo"],
    quorum: 2,
    agreed: [],
    barred: [{ name: "alice", why: "alice wrote the entry about this account, and somebody else has to decide" }],
  });
  await run(`services set ${service} --approver none --quorum usual --yes`);
  expect((await run("pending")).out).toMatch(/whoever has the link +0 of 1/);
});
