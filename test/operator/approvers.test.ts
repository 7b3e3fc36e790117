// The approvers as operators keep them: asked to confirm, shown as mail reaches them or not, tried, and told in the log.

import { describe, expect, test } from "vitest";
import { checkApprovers } from "../../lib/asking/reachable.ts";
import { Fault } from "../../lib/faults.ts";
import { notePressed, noting } from "../../lib/slack/reach.ts";
import { type test as tryOut, type ListedApprover, type PutApprover } from "../../lib/operator/approvers.ts";
import type { Approver } from "../../lib/approver.ts";
import { noHead } from "../../lib/ledger.ts";
import { byOperator } from "../../lib/operator/operator.ts";
import { acme, alice, endpoint, inCare, service } from "./desk.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };

/** A desk where approvers can be as a Drawbridge from before left them. */
async function withApprovers() {
  const at = await inCare();
  const approver = async (person: Pick<Approver, "name" | "email" | "arn">): Promise<void> => {
    const after: Approver = { ...person, addedAt: at.world.clock.now(), version: 1 };
    const event = { type: "ApproverAdded", name: person.name, to: after, at: after.addedAt, ...byOperator(alice, "added") } as const;
    await at.ports.ledger.commit({ of: "approver", key: person.name, after, expected: noHead, events: [event] });
  };
  return { ...at, approver };
}
type Tried = Awaited<ReturnType<typeof tryOut>>;
type Listed = { items: ListedApprover[]; warnings: string[] };

describe("an approver", () => {
  test("may have no name that a policy file could not hold", async () => {
    const { ask } = await inCare();
    await expect(ask("PUT /approvers/{name}", { name: "constructor", slack: "U0123ABCDEF" })).rejects.toMatchObject({
      code: "BadInput",
      field: "name",
      remedy: "give another name",
    });
  });

  test("is added, confirms by the command, and is reached", async () => {
    const { ask, world, ports, types } = await inCare();
    expect(await ask<PutApprover>("PUT /approvers/{name}", ann)).toMatchObject({
      changed: true,
      confirmation: "mailed",
      approver: { name: "ann" },
    });
    const mail = async (): Promise<string | undefined> => (await ask<Listed>("GET /approvers")).items[0]?.mail;
    expect(await mail()).toBe("pending");
    expect(await ask("POST /approvers/{name}/test", { name: "ann" })).toMatchObject({ sent: false, mail: "pending" });
    const link = `https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=x&Token=${encodeURIComponent(world.subscriptions.tokenOf(ann.email))}`;
    expect(await ask("POST /approvers/{name}/confirm", { name: "ann", token: link })).toMatchObject({ mail: "confirmed" });
    expect(await mail()).toBe("confirmed");
    expect(await ask("POST /approvers/{name}/test", { name: "ann" })).toMatchObject({ sent: true });
    expect(world.people.approvals.map(({ attributes }) => attributes)).toEqual([{ type: "Test", approver: "ann" }]);
    expect((await ports.approvers.get("ann"))?.reachableSince).toBe(world.clock.now());
    expect(types().slice(-2)).toEqual(["ApproverAdded", "ApproverChanged"]);
    expect(await ask<PutApprover>("PUT /approvers/{name}", ann)).toMatchObject({ changed: false });
  });

  test("who opened AWS's link is reached, and shown as easily lost; who is unsubscribed is noticed, told and asked again", async () => {
    const { ask, world, ports, types } = await inCare();
    await ask("PUT /approvers/{name}", ann);
    world.subscriptions.open(ann.email);
    const mail = async (): Promise<string | undefined> => (await ask<Listed>("GET /approvers")).items[0]?.mail;
    expect(await mail()).toBe("unprotected");
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 0 });
    expect(types().at(-1)).toBe("ApproverReachable");
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 0 });
    world.subscriptions.end(String((await ports.approvers.get("ann"))?.subscription));
    expect(await mail()).toBe("lost");
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 1 });
    expect(types().filter((type) => type.startsWith("Approver"))).toEqual(["ApproverAdded", "ApproverReachable", "ApproverLost"]);
    expect((await ports.approvers.get("ann"))?.reachableSince).toBeUndefined();
    expect(await ask<PutApprover>("PUT /approvers/{name}", ann)).toMatchObject({ confirmation: "mailed" });
    expect(await mail()).toBe("pending");
  });

  test("who is in Slack alone is reached by a question that comes to them, or once they have pressed; not by what a channel takes", async () => {
    const { ask, world, types } = await inCare();
    await ask("PUT /approvers/{name}", { name: "bob", slack: "U0BOB00000" });
    await ask("PUT /approvers/{name}", { name: "nobody", slack: "U0NOBODYATALL" });
    await ask("PUT /approvers/{name}", { name: "cleo", arn: "arn:aws:iam::111111111111:user/cleo" });
    const { slips, approvers } = world.ports();
    const reached = async (): Promise<string[]> =>
      (await approvers.all()).flatMap(({ name, reachableSince }) => (reachableSince === undefined ? [] : [name]));
    const post = (to: string, { directly = false, fault }: { directly?: boolean; fault?: Fault } = {}): Promise<unknown> =>
      noting({ clock: world.clock.now, slips, bot: { channel: "#privatelink", directMessages: directly } }, to, () =>
        fault === undefined ? Promise.resolve() : Promise.reject(fault),
      ).catch(() => undefined);
    const gone = new Fault("SlackUserRefused", "Slack", "user_not_found", false);

    await post("#privatelink");
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 0 });
    expect(await reached()).toEqual([]);
    // A test came to him; questions go to the channel, and nothing shows that he reads it.
    await post("U0BOB00000");
    await checkApprovers(world.ports());
    expect(await reached()).toEqual([]);
    await notePressed({ clock: world.clock.now, slips }, "U0BOB00000");
    await checkApprovers(world.ports());
    expect(await reached()).toEqual(["bob"]);
    // What passes by itself loses nobody.
    await post("#privatelink", { fault: new Fault("SlackRefused", "Slack", "ratelimited", true) });
    await checkApprovers(world.ports());
    expect(await reached()).toEqual(["bob"]);
    await post("#privatelink", { fault: new Fault("SlackRefused", "Slack", "channel_not_found", false) });
    await checkApprovers(world.ports());
    expect(await reached()).toEqual([]);

    // Where each is asked directly, who takes the message is reached, and who is not there rings.
    await post("#privatelink", { directly: true });
    await post("U0BOB00000", { directly: true });
    await post("U0NOBODYATALL", { directly: true, fault: gone });
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 1 });
    expect(await reached()).toEqual(["bob"]);
    await post("U0BOB00000", { directly: true, fault: gone });
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 2 });
    expect(await reached()).toEqual([]);
    expect(types().filter((type) => /^Approver(Reachable|Lost)$/.test(type))).toEqual([
      "ApproverReachable",
      "ApproverLost",
      "ApproverReachable",
      "ApproverLost",
    ]);
  });

  test("is tried in Slack as well; the list shows what Slack takes for them", async () => {
    const { ask, slack } = await inCare();
    slack.configure({ directMessages: true });
    await ask("PUT /approvers/{name}", { name: "ann", slack: "U0ANN00000" });
    await ask("PUT /approvers/{name}", { name: "gone", slack: "U0GONE0000" });
    await ask("PUT /approvers/{name}", { name: "bob", email: "bob@example.com" });
    const states = async (): Promise<unknown[]> => (await ask<Listed>("GET /approvers")).items.map(({ inSlack }) => inSlack);
    expect(await states()).toEqual([{ state: "untried" }, undefined, { state: "untried" }]);
    slack.side.leave("U0GONE0000");
    const tried = (name: string) => ask<Tried>("POST /approvers/{name}/test", { name });
    expect(await tried("ann")).toMatchObject({ sent: false, mail: "none", slack: { state: "taken" } });
    expect(slack.side.posts).toMatchObject([{ to: "U0ANN00000", text: expect.stringContaining("only a test") }]);
    expect(await tried("gone")).toMatchObject({ slack: { state: "refused", why: expect.stringContaining("user_not_found") } });
    expect(await tried("bob")).not.toHaveProperty("slack");
    expect(await states()).toMatchObject([
      { state: "taken" },
      undefined,
      { state: "refused", why: expect.stringContaining("user_not_found") },
    ]);
  });

  test("cannot be tried in Slack where there is no app, or its secret or token is not good: that is said, and mail goes all the same", async () => {
    const { ask, slack, world } = await inCare();
    await ask("PUT /approvers/{name}", { ...ann, slack: "U0ANN00000" });
    world.subscriptions.open(ann.email);
    await ask("POST /approvers/{name}/confirm", { name: "ann", token: world.subscriptions.tokenOf(ann.email) }).catch(() => undefined);
    const tried = () => ask<Tried>("POST /approvers/{name}/test", { name: "ann" });
    expect(await tried()).toMatchObject({ slack: { state: "no-app" } });
    slack.put("{");
    expect(await tried()).toMatchObject({ slack: { state: "refused", why: expect.stringContaining("must be JSON") } });
    slack.configure();
    slack.side.refuse("token_revoked");
    expect(await tried()).toMatchObject({ slack: { state: "refused", why: expect.stringContaining("botToken") } });
    expect((await ask<Listed>("GET /approvers")).items[0]?.inSlack).toEqual({ state: "untried" });
    slack.stall();
    expect(await tried()).toMatchObject({ slack: { state: "refused", why: expect.stringContaining("timeout") } });
    expect(world.people.approvals.filter(({ attributes }) => attributes["type"] === "Test").length).toBeGreaterThan(0);
  });

  test("is one name for one person, by a name that a link can carry", async () => {
    const { ask } = await inCare();
    await ask("PUT /approvers/{name}", ann);
    for (const [field, wrong] of [
      ["email", { ...ann, name: "ann2", arn: undefined }],
      ["arn", { name: "ann2", email: "other@example.com", arn: ann.arn }],
      ["email", { ...ann, name: "approvers" }],
      ["name", { ...ann, name: "Ann!" }],
      ["email", { name: "bob", email: "no address" }],
      ["email", { name: "bob", email: "a@b.example, c@d.example" }],
      ["slack", { name: "bob", slack: "bob" }],
      ["arn", { name: "bob", arn: "arn:aws:s3:::bucket" }],
      ["email", { name: "bob" }],
    ] as const)
      await expect(ask("PUT /approvers/{name}", JSON.parse(JSON.stringify(wrong)) as object), field).rejects.toMatchObject({
        code: "BadInput",
        field,
      });
  });

  test("is one person however mailbox and identity are written", async () => {
    const { ask, ports } = await inCare();
    const role = "arn:aws:iam::111111111111:role/team/Approvers";
    expect(await ask<PutApprover>("PUT /approvers/{name}", { name: "ann", email: "Ann@Example.com", arn: role })).toMatchObject({
      approver: { email: "ann@example.com" },
    });
    for (const [field, twin] of [
      ["email", { name: "ann2", email: "ANN@example.COM" }],
      ["arn", { name: "ann2", arn: "arn:aws:sts::111111111111:assumed-role/Approvers/session" }],
    ] as const)
      await expect(ask("PUT /approvers/{name}", twin), field).rejects.toMatchObject({ code: "BadInput", field });
    // One from before is the same mailbox too, and keeps its subscription.
    const before = await ports.approvers.get("ann");
    expect(await ask<PutApprover>("PUT /approvers/{name}", { name: "ann", email: "aNN@example.com", arn: role })).toMatchObject({
      approver: { email: "ann@example.com", subscription: before?.subscription },
    });
  });

  test("twins from before are warned of", async () => {
    const { ask, approver } = await withApprovers();
    await approver({ name: "ann", email: "Ann@Example.com" });
    await approver({ name: "ann2", email: "ann@example.com" });
    await approver({ name: "bob", arn: "arn:aws:iam::111111111111:role/Approvers" });
    await approver({ name: "bob2", arn: "arn:aws:sts::111111111111:assumed-role/Approvers/bob" });
    const { warnings } = await ask<Listed>("GET /approvers");
    expect(warnings).toEqual([
      expect.stringContaining("ann and ann2 have one mail address"),
      expect.stringContaining("bob and bob2 have one IAM identity"),
    ]);
  });

  test("whom a service names is removed only when that is confirmed", async () => {
    const { ask, world } = await inCare();
    await ask("PUT /approvers/{name}", ann);
    await ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"] } });
    await expect(ask("DELETE /approvers/{name}", { name: "ann" })).rejects.toMatchObject({ code: "ConfirmationNeeded" });
    await ask("DELETE /approvers/{name}", { name: "ann", confirm: true });
    expect(world.subscriptions.held.size).toBe(0);
    expect((await ask<Listed>("GET /approvers")).items).toEqual([]);
    await expect(ask("POST /approvers/{name}/test", { name: "ann" })).rejects.toMatchObject({ code: "NotFound" });
  });

  test("who is not there, or not reached, shows as the service's problem", async () => {
    const { ask, world } = await inCare();
    const problems = async () =>
      (await ask<{ problems: { message: string }[] }>("GET /services/{service}", { service })).problems.map(({ message }) => message);
    expect(await problems()).toEqual([]);
    await ask("PUT /approvers/{name}", ann);
    for (const name of ["bob", "cem"]) await ask("PUT /approvers/{name}", { name, arn: `arn:aws:iam::111111111111:user/${name}` });
    await ask("PATCH /services/{service}", { service, asking: { approvers: ["ann", "bob"], escalateTo: ["cem"] } });
    await ask("DELETE /approvers/{name}", { name: "cem", confirm: true });
    expect(await problems()).toEqual([
      `${service} asks cem, whom nobody has added as an approver`,
      `${service} wants 1 to agree, and messages reach 0 of its approvers`,
    ]);
    await ask("POST /approvers/{name}/confirm", { name: "ann", token: world.subscriptions.tokenOf(ann.email) });
    expect(await problems()).toHaveLength(1);
  });

  test("who else is subscribed to the approvals topic is warned of: they would read codes", async () => {
    const { ask, world } = await inCare();
    const held = { confirmed: true, protected: true };
    world.subscriptions.add({ arn: "arn:aws:sns:eu-west-1:111111111111:approvals:all", email: "eve@example.com", ...held });
    world.subscriptions.add({
      arn: "arn:aws:sns:eu-west-1:111111111111:approvals:team",
      email: "team@example.com",
      approver: "approvers",
      ...held,
    });
    const { warnings } = await ask<Listed>("GET /approvers");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/eve@example\.com .* without a filter, and gets every approver's messages and codes/);
  });
});

describe("an operator's answer where approvers are named", () => {
  const named = async (quorum: number) => {
    const at = await inCare();
    await at.ask("PUT /approvers/{name}", ann);
    await at.ask("PUT /approvers/{name}", { name: "bob", arn: "arn:aws:iam::111111111111:user/bob" });
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann", "bob"], quorum } });
    at.connect(1);
    await at.admit();
    return at;
  };
  const asAnn = { kind: "operator", arn: ann.arn } as const;

  test("is the agreement of the one with their identity, and nobody else's", async () => {
    const { ask, types } = await named(2);
    await expect(ask("POST /connections/{endpoint}/approve", { endpoint })).rejects.toMatchObject({ code: "NotAnApprover" });
    expect(await ask("POST /connections/{endpoint}/approve", { endpoint }, asAnn)).toMatchObject({
      sentence: expect.stringContaining("1 of 2 needed") as string,
    });
    const asBob = { kind: "operator", arn: "arn:aws:iam::111111111111:user/bob" } as const;
    await ask("POST /connections/{endpoint}/approve", { endpoint }, asBob);
    expect(types().slice(-2)).toEqual(["ApprovalGiven", "ConnectionApproved"]);
  });

  test("is that of the approver entered by their role, whoever assumes it", async () => {
    const at = await inCare();
    await at.ask("PUT /approvers/{name}", { name: "ann", arn: "arn:aws:iam::111111111111:role/team/Approvers" });
    await at.ask("PUT /approvers/{name}", { name: "bob", arn: "arn:aws:iam::111111111111:user/bob" });
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann", "bob"], quorum: 2 } });
    at.connect(1);
    await at.admit();
    const assumed = { kind: "operator", arn: "arn:aws:sts::111111111111:assumed-role/Approvers/ann" } as const;
    await at.ask("POST /connections/{endpoint}/approve", { endpoint }, assumed);
    expect(at.world.tables.committed.at(-1)?.event).toMatchObject({ type: "ApprovalGiven", approver: "ann", arn: assumed.arn });
  });

  test("is not that of whoever else assumes the role of the session on record", async () => {
    const at = await inCare();
    const session = (name: string) => `arn:aws:sts::111111111111:assumed-role/Admin/${name}`;
    await at.ask("PUT /approvers/{name}", { name: "ann", arn: session("ann") });
    await at.ask("PUT /approvers/{name}", { name: "bob", arn: "arn:aws:iam::111111111111:user/bob" });
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann", "bob"], quorum: 2 } });
    at.connect(1);
    await at.admit();
    const mallory = { kind: "operator", arn: session("mallory") } as const;
    await expect(at.ask("POST /connections/{endpoint}/approve", { endpoint }, mallory)).rejects.toMatchObject({ code: "NotAnApprover" });
    await at.ask("POST /connections/{endpoint}/approve", { endpoint }, { kind: "operator", arn: session("ann") });
    expect(at.world.tables.committed.at(-1)?.event).toMatchObject({ type: "ApprovalGiven", approver: "ann", arn: session("ann") });
  });

  test("is nobody's where two approvers have that identity", async () => {
    const at = await withApprovers();
    await at.approver({ name: "ann", arn: "arn:aws:iam::111111111111:role/Approvers" });
    await at.approver({ name: "ann2", arn: "arn:aws:sts::111111111111:assumed-role/Approvers/ann" });
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"] } });
    at.connect(1);
    await at.admit();
    const assumed = { kind: "operator", arn: "arn:aws:sts::111111111111:assumed-role/Approvers/ann" } as const;
    await expect(at.ask("POST /connections/{endpoint}/approve", { endpoint }, assumed)).rejects.toMatchObject({
      code: "NotAnApprover",
      message: expect.stringContaining("ann and ann2") as string,
    });
    expect(at.world.tables.committed.at(-1)?.event).toMatchObject({ type: "AnswerRefused", by: assumed });
  });

  test("breaks the glass alone, with a reason", async () => {
    const { ask, world } = await named(2);
    await expect(ask("POST /connections/{endpoint}/approve", { endpoint, breakGlass: true })).rejects.toMatchObject({ field: "reason" });
    const answered = await ask("POST /connections/{endpoint}/approve", { endpoint, breakGlass: true, reason: "payments are down" });
    expect(answered).toMatchObject({ sentence: expect.stringContaining("break-glass") as string });
    expect(world.tables.committed.at(-1)?.event).toMatchObject({
      type: "ConnectionApproved",
      breakGlass: true,
      because: { rule: "break-glass" },
    });
  });

  test("who wrote the entry does not decide about the account", async () => {
    const at = await named(1);
    await at.ask("PUT /entries", { service, principal: `account#${acme}`, verdict: "ask", name: "acme" }, asAnn);
    await expect(at.ask("POST /connections/{endpoint}/approve", { endpoint }, asAnn)).rejects.toMatchObject({ code: "NotAnApprover" });
    await at.ask("POST /connections/{endpoint}/approve", { endpoint });
    expect(at.types().at(-1)).toBe("ConnectionApproved");
  });
});
