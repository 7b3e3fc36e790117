// The approvers as operators keep them: asked to confirm, shown as mail reaches them or not, tried, and told in the log.

import { describe, expect, test } from "vitest";
import { checkApprovers } from "../../lib/asking/reachable.ts";
import { Fault } from "../../lib/faults.ts";
import { noting } from "../../lib/slack/reach.ts";
import type { ListedApprover, PutApprover } from "../../lib/operator/approvers.ts";
import { acme, endpoint, inCare, service } from "./desk.ts";

const ann = { name: "ann", email: "ann@example.com", arn: "arn:aws:iam::111111111111:user/ann" };
type Listed = { items: ListedApprover[]; warnings: string[] };

describe("an approver", () => {
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

  test("who is in Slack alone is reached once Slack has taken a message to them, and lost when it refuses", async () => {
    const { ask, world, types } = await inCare();
    await ask("PUT /approvers/{name}", { name: "bob", slack: "U0BOB00000" });
    await ask("PUT /approvers/{name}", { name: "cleo", arn: "arn:aws:iam::111111111111:user/cleo" });
    const since = async (name: string): Promise<unknown> => (await world.ports().approvers.get(name))?.reachableSince;
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 0 });
    expect(await since("bob")).toBeUndefined();
    const bot = { channel: "#privatelink" };
    const posting = { clock: world.clock.now, slips: world.ports().slips, bot };
    const post = (to: string, fault?: Fault): Promise<unknown> =>
      noting(posting, to, () => (fault === undefined ? Promise.resolve() : Promise.reject(fault))).catch(() => undefined);
    await post("U0CLEO0000");
    await checkApprovers(world.ports());
    expect(await since("bob")).toBeUndefined();
    await post("#privatelink");
    expect(await checkApprovers(world.ports())).toEqual({ unreachable: 0 });
    const began = world.clock.now();
    expect([await since("bob"), await since("cleo")]).toEqual([began, undefined]);
    world.clock.advance(3600);
    // What passes by itself loses nobody.
    await post("#privatelink", new Fault("SlackRefused", "Slack", "ratelimited", true));
    await checkApprovers(world.ports());
    expect(await since("bob")).toBe(began);
    await post("#privatelink", new Fault("SlackRefused", "Slack", "channel_not_found", false));
    await checkApprovers(world.ports());
    expect(await since("bob")).toBeUndefined();
    expect(types().filter((type) => /^Approver(Reachable|Lost)$/.test(type))).toEqual(["ApproverReachable", "ApproverLost"]);
  });

  test("is one name for one person, by a name that a link can carry", async () => {
    const { ask } = await inCare();
    await ask("PUT /approvers/{name}", ann);
    for (const [field, wrong] of [
      ["email", { ...ann, name: "ann2", arn: undefined }],
      ["arn", { name: "ann2", email: "other@example.com", arn: ann.arn }],
      ["name", { ...ann, name: "approvers" }],
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
