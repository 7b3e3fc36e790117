// The deployment's own mailbox, which is asked where nobody is named: shown, counted, confirmed, tried and brought back like an approver.

import { describe, expect, test } from "vitest";
import { checkApprovers } from "../../lib/asking/reachable.ts";
import type { Finding } from "../../lib/operator/doctor.ts";
import type { ListedApprover, PutApprover } from "../../lib/operator/approvers.ts";
import type { ListedMailbox } from "../../lib/operator/mailbox.ts";
import { inCare, service, type Desk } from "./desk.ts";

const mailbox = "Approvers@Example.com";
const own = { name: "approvers" };
const ann = { name: "ann", email: "ann@example.com" };
type Listed = { items: ListedApprover[]; mailbox?: ListedMailbox };

/** As the stack makes it: subscribed, filtered, and not confirmed yet. */
async function deployed(): Promise<Desk> {
  const at = await inCare("enforce", { mailbox });
  await at.ports.subscriptions.subscribe("approvers", mailbox.toLowerCase());
  return at;
}
const stateOf = async ({ ask }: Desk): Promise<unknown> => (await ask<Listed>("GET /approvers")).mailbox?.mail;
const unreachable = async ({ world }: Desk): Promise<number> => (await checkApprovers(world.ports(), mailbox)).unreachable;

describe("everybody's mailbox", () => {
  test("is shown with the services that ask it, and is no approver that a policy file would remove", async () => {
    const at = await deployed();
    expect(await at.ask<Listed>("GET /approvers")).toEqual({
      items: [],
      mailbox: { name: "approvers", email: mailbox, mail: "pending", services: [service] },
      warnings: [],
    });
    await at.ask("PUT /approvers/{name}", ann);
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"] } });
    expect((await at.ask<Listed>("GET /approvers")).mailbox?.services).toEqual([]);
    expect(await (await inCare()).ask<Listed>("GET /approvers")).not.toHaveProperty("mailbox");
  });

  test("is confirmed by the command, after which no link in a mail ends it", async () => {
    const at = await deployed();
    expect(await unreachable(at)).toBe(1);
    const token = at.world.subscriptions.tokenOf(mailbox.toLowerCase());
    expect(await at.ask("POST /approvers/{name}/confirm", { ...own, token })).toMatchObject({ approver: own, mail: "confirmed" });
    expect(await stateOf(at)).toBe("confirmed");
    expect(await unreachable(at)).toBe(0);
    expect(await at.ask("POST /approvers/{name}/test", own)).toMatchObject({ sent: true, approver: { email: mailbox } });
    expect(at.world.people.approvals.at(-1)?.attributes).toEqual({ type: "Test", approver: "approvers" });
  });

  test("that a scanner unsubscribed is counted, shown, and subscribed again with its filter", async () => {
    const at = await deployed();
    at.world.subscriptions.open(mailbox.toLowerCase());
    expect([await stateOf(at), await unreachable(at)]).toEqual(["unprotected", 0]);
    const [arn = ""] = at.world.subscriptions.held.keys();
    at.world.subscriptions.end(arn);
    expect([await stateOf(at), await unreachable(at)]).toEqual(["lost", 1]);
    expect(await at.ask("POST /approvers/{name}/test", own)).toMatchObject({ sent: false, mail: "lost" });
    expect(await at.ask<PutApprover>("PUT /approvers/{name}", own)).toMatchObject({ approver: own, confirmation: "mailed" });
    expect([...at.world.subscriptions.held.values()]).toMatchObject([{ email: mailbox, approver: "approvers", confirmed: false }]);
    await at.ask("POST /approvers/{name}/confirm", { ...own, token: at.world.subscriptions.tokenOf(mailbox) });
    expect(await at.ask<PutApprover>("PUT /approvers/{name}", own)).toMatchObject({ changed: false });
    // AWS alone keeps it: nothing of it is an operator's change in the log.
    expect(at.types().filter((type) => type.startsWith("Approver"))).toEqual([]);
  });

  test("is said in the configuration alone, and is nobody's own", async () => {
    const at = await deployed();
    const refused = (code: string, more: object = {}): object => ({ code, ...more });
    await expect(at.ask("PUT /approvers/{name}", { ...own, email: "other@example.com" })).rejects.toMatchObject(
      refused("BadInput", { field: "email" }),
    );
    await expect(at.ask("DELETE /approvers/{name}", own)).rejects.toMatchObject(refused("NotConfigured"));
    await expect(at.ask("PUT /approvers/{name}", { name: "bob", email: mailbox })).rejects.toMatchObject(
      refused("BadInput", { field: "email" }),
    );
    await expect((await inCare()).ask("PUT /approvers/{name}", own)).rejects.toMatchObject(refused("NotConfigured"));
    await at.ask("PUT /approvers/{name}", ann);
    const token = at.world.subscriptions.tokenOf(ann.email);
    await expect(at.ask("POST /approvers/{name}/confirm", { ...own, token })).rejects.toMatchObject(refused("NotConfigured"));
  });

  test("and its trouble is the service's that asks it, and doctor's, by its address and not by how many there are", async () => {
    const at = await deployed();
    await at.ask("PUT /approvers/{name}", ann);
    await at.ask("POST /approvers/{name}/confirm", { name: "ann", token: at.world.subscriptions.tokenOf(ann.email) });
    const found = async (): Promise<Finding[]> =>
      (await at.ask<{ findings: Finding[] }>("GET /deployment", { health: "true" })).findings.filter(({ about }) => about === "approvers");
    const problems = async (): Promise<string[]> =>
      (await at.ask<{ problems: { message: string }[] }>("GET /services/{service}", { service })).problems.map(({ message }) => message);
    expect(await found()).toEqual([
      {
        about: "approvers",
        state: "failed",
        message: `${mailbox} has not confirmed: nothing is sent there`,
        mend: "npx drawbridge approvers add approvers",
      },
      { about: "approvers", state: "ok", message: "1 confirmed" },
    ]);
    expect(await problems()).toEqual([`${service} names no approvers, and no mail reaches ${mailbox}, which is asked instead`]);
    at.world.subscriptions.end([...at.world.subscriptions.held.keys()][0] ?? "");
    expect((await found())[0]).toMatchObject({ message: `${mailbox} is not subscribed any more: nothing is sent there` });
    await at.ask("PATCH /services/{service}", { service, asking: { approvers: ["ann"] } });
    expect(await problems()).toEqual([]);
  });
});
