// Who wrote an entry does not decide about its account: not after others changed it, not after an answer came and went. Who only answered does.

import { describe, expect, test } from "vitest";
import { list, put, show, type Put } from "../../lib/operator/entries.ts";
import type { OperatorPorts } from "../../lib/operator/operator.ts";
import { set } from "../../lib/operator/service-settings.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { asked, service, stranger, type Answered, type Asked } from "./given.ts";

const arnOf = (name: string): string => `arn:aws:iam::111111111111:user/${name}`;
const person = (name: string) => ({ name, email: `${name}@example.com`, arn: arnOf(name) });
const byMailOnly = (name: string) => ({ name, email: `${name}@example.com` });
const key = { service, principal: `account#${stranger}` } as const;
const day = 24 * 3600;

const text = ({ html }: Answered): string => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const notHers = "wrote the entry about this account, and somebody else has to decide";

const olga = { kind: "operator", arn: arnOf("olga") } as const;
const operating = (at: Pick<Asked, "ports">): OperatorPorts => ({
  ...at.ports(),
  deployment: { stage: "test", version: "0.1.0", topic: "", zones: [], bus: "drawbridge", queues: {} },
});

/** An operator writes the account's entry. */
const writes = (at: Pick<Asked, "ports">, name: string, said: object = {}): Promise<Put> =>
  put(operating(at), { ...olga, arn: arnOf(name) }, { service, principal: stranger, verdict: "ask", name: "acme", confirm: true, ...said });

/** Signs in, sends the answer, and gives the page that comes. */
async function answers(at: Asked, name: string, endpoint: number, fields: Record<string, string>): Promise<Answered> {
  const token = await at.linkOf(name, endpointOf(endpoint));
  const browser = at.browser();
  const opened = await browser.signIn(token, name);
  return opened.html.includes("Not yours to decide") ? opened : browser.send(token, fields);
}

const last = (at: Asked, endpoint: number) => at.tables.committed.findLast(({ subject }) => subject.endsWith(endpointOf(endpoint)))?.event;

describe("the author of an entry", () => {
  test("stays barred when an approver's answer has come in between and run out; the approver is not", async () => {
    const at = await asked(async (story) => {
      await story.approvers(["ann", "zoe"].map(person));
      await writes(story, "zoe");
    });
    expect((await answers(at, "ann", 1, { choice: "reject-quiet", days: "1" })).status).toBe(200);
    at.clock.advance(25 * 3600);
    await at.connect(stranger, endpointOf(2));
    expect(text(await answers(at, "zoe", 2, { choice: "approve" }))).toContain(`Zoe ${notHers}`);
    expect((await answers(at, "ann", 2, { choice: "approve" })).status).toBe(200);
    expect(last(at, 2)).toMatchObject({ type: "ConnectionApproved", by: { name: "ann" } });
  });

  test("stays barred when somebody else changes the entry, who is barred too", async () => {
    const at = await asked(async (story) => {
      await story.approvers(["ann", "bob", "zoe"].map(person));
      await writes(story, "zoe");
      await writes(story, "bob", { ticket: "NET-42" });
    });
    for (const name of ["zoe", "bob"])
      expect(text(await answers(at, name, 1, { choice: "approve" }))).toContain(`${name === "zoe" ? "Zoe" : "Bob"} ${notHers}`);
    expect((await answers(at, "ann", 1, { choice: "approve" })).status).toBe(200);
  });

  test("is found in the log where the row is from before it was kept", async () => {
    const at = await asked(async (story) => {
      await story.approvers(["ann", "bob", "zoe"].map(person));
      await writes(story, "zoe");
      await writes(story, "bob", { ticket: "NET-42" });
    });
    const rows = at.tables.rows.entries;
    for (const [id, { authors: _, ...row }] of rows) rows.set(id, row);
    expect(text(await answers(at, "zoe", 1, { choice: "approve" }))).toContain(`Zoe ${notHers}`);
    await writes(at, "bob", { ticket: "NET-43" });
    const [entry] = await at.ports().allowList.read([key]);
    expect(entry?.authors).toEqual([arnOf("zoe"), arnOf("bob")]);
  });
});

describe("who answered for the account", () => {
  test.each([
    ["with an IAM identity", [person("ann")]],
    ["of whom none has an IAM identity", ["ann", "bob", "cem"].map(byMailOnly)],
  ])("is asked again when the answer has run out, and so are the others (approvers %s)", async (_, people) => {
    const at = await asked((story) => story.approvers(people));
    expect((await answers(at, "ann", 1, { choice: "reject-quiet", days: "7" })).status).toBe(200);
    await at.connect(stranger, endpointOf(2));
    expect(last(at, 2)).toMatchObject({ type: "ConnectionDenied", by: { kind: "entry" } });
    at.clock.advance(7 * day);
    for (const [index, { name }] of people.entries()) {
      await at.connect(stranger, endpointOf(3 + index));
      expect(last(at, 3 + index)).toMatchObject({ type: "ApprovalRequested", because: { rule: "no-entry" } });
      expect((await answers(at, name, 3 + index, { choice: "approve" })).status).toBe(200);
    }
    expect((await list(operating(at), {})).items).toEqual([]);
    expect(await show(operating(at), key)).toMatchObject({ history: [{ event: { type: "EntryAdded", to: { afterwards: "nothing" } } }] });
    // What ran out stands in nobody's way: the same may be answered again.
    await at.connect(stranger, endpointOf(9));
    expect((await answers(at, "ann", 9, { choice: "reject-quiet", days: "1" })).status).toBe(200);
  });

  test("cuts nobody when the answer runs out, who was let in at that place before, and foretells no end", async () => {
    const at = await asked(async (story) => {
      await story.approvers([person("ann")]);
      await writes(story, "olga", { verdict: "accept" });
      await story.connect(stranger, endpointOf(2));
      story.ec2.move(endpointOf(2), "available");
      await writes(story, "olga");
      await set(operating(story), olga, { service, onExpiry: "now" });
    });
    await answers(at, "ann", 1, { choice: "reject-quiet", days: "1" });
    await at.look();
    at.clock.advance(2 * day);
    await at.look();
    const told = at.tables.committed.filter(({ subject }) => subject.endsWith(endpointOf(2))).map(({ event }) => event.type);
    expect(told).toEqual(["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable"]);
  });

  test("gives an ask entry its place back as it was, conditions and all", async () => {
    const at = await asked(async (story) => {
      await story.approvers([person("ann")]);
      await writes(story, "olga", { conditions: { regions: ["eu-west-1"] }, disconnect: "24h" });
    });
    const [before] = await at.ports().allowList.read([key]);
    await answers(at, "ann", 1, { choice: "reject-quiet", days: "1" });
    await at.connect(stranger, endpointOf(2));
    expect(last(at, 2)).toMatchObject({ type: "ConnectionDenied" });
    at.clock.advance(day);
    await at.connect(stranger, endpointOf(3));
    expect(last(at, 3)).toMatchObject({
      type: "ApprovalRequested",
      because: { rule: "entry", detail: `account ${stranger} (acme) at ${service}: ask, version 2` },
    });
    // Operators see what stands, and writing just that changes nothing.
    const shown = { verdict: "ask", version: 2, author: arnOf("olga"), conditions: { regions: ["eu-west-1"] } };
    expect((await list(operating(at), {})).items).toMatchObject([shown]);
    expect((await show(operating(at), key)).entry).toMatchObject(shown);
    expect(await writes(at, "olga", { conditions: { regions: ["eu-west-1"] }, disconnect: "24h" })).toMatchObject({ changed: false });
    // Written once more by an operator, it is as if nobody had answered.
    await writes(at, "olga", { conditions: { regions: ["eu-west-1"] }, disconnect: "24h", ticket: "NET-42" });
    expect((await at.ports().allowList.read([key]))[0]).toEqual({
      ...before,
      ticket: "NET-42",
      version: 3,
      at: at.clock.now(),
      since: before?.at,
    });
  });
});
