// docs/deploy.md from its first block to the service in care: rights, deployment, doctor, and consumers let in or asked about.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";

import { approver } from "../../scripts/actors.ts";
import { account, region, until } from "./place.ts";
import { run } from "./shell.ts";
import { acme, roles, stranger, type Members, type Walker } from "./walker.ts";

export function firstDays(walk: () => Walker): void {
  test("the configuration is read, and its deployer's policy printed and put on", async () => {
    const { local, shell, block, as } = walk();
    writeFileSync(shell.config, block("config").text.replace("Z0123456789ABCDEFGHIJ", local.zoneId));
    const [said] = await run(shell, block("policy").lines);
    expect(JSON.parse(said?.text ?? "")).toMatchObject({ Version: "2012-10-17" });
    for (const RoleName of Object.values(roles)) await local.call("iam", "CreateRole", { RoleName, AssumeRolePolicyDocument: "{}" });
    await run(shell, block("deployer").lines);
    shell.deployer = await as(roles.deployer);
    shell.operator = await as(roles.operator);
  });

  test("a deployer with that policy and no other right deploys", async () => {
    const { local, shell, block } = walk();
    const [check, dryRun, deployed] = await run(shell, block("deploy").lines);
    expect(check?.text).toContain("Ready to deploy.");
    expect(check?.text).not.toContain("! ");
    expect(dryRun?.text).toContain("it would be made");
    expect(deployed?.text).toContain(
      `drawbridge-dev in ${account}, ${region}, by arn:aws:sts::${account}:assumed-role/${roles.deployer}/walk`,
    );
    const [line = ""] = block("address").lines;
    const printed = line.replace(/=.*/, `=${local.api}`);
    expect(deployed?.text).toContain(printed);
    await run(shell, [printed]);
  });

  test("an operator whom the stack's policy is attached to is told what waits, and all is well when it is confirmed", async () => {
    const { local, shell, block, confirmSubscriptions } = walk();
    await run(shell, block("people").lines);
    const { lines } = block("doctor");
    const [said] = await run(shell, lines, [1]);
    expect(said?.text).toMatch(/failed +approvers: approvers@example.com has not confirmed/);
    expect(said?.text).toMatch(/failed +alarms: on-call@example.com has not confirmed/);
    expect(said?.text).not.toContain("not readable");
    const again = /→ (npx drawbridge approvers add approvers)\n/.exec(said?.text ?? "")?.[1] ?? "";
    const letters = local.letters.length;
    await run(shell, [again]);
    expect(local.letters.length).toBe(letters + 1);
    await confirmSubscriptions();
    await run(shell, lines);
  });

  test("a service is taken into care, and its consumers are let in or asked about", async () => {
    const { local, shell, block, service, connect, becomes, left } = walk();
    const made = await local.call("ec2", "CreateVpcEndpointServiceConfiguration", {
      AcceptanceRequired: true,
      NetworkLoadBalancerArns: [`arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/net/payments/50dc6c495c0c9188`],
    });
    shell.variables["SERVICE"] = String((made["ServiceConfiguration"] as Members)["ServiceId"]);
    await local.call("ec2", "ModifyVpcEndpointServicePermissions", { ServiceId: service(), AddAllowedPrincipals: ["*"] });
    await run(shell, block("service").lines);
    await becomes(await connect(acme), "connected");
    left.asking = await connect(stranger);
    await becomes(left.asking, "asking");
    const mail = await until("a mail with a link", () => approver(left.world).mailAbout(left.asking));
    left.link = approver(left.world).linkIn(mail) ?? "";
    const [well] = await run(shell, ["npx drawbridge doctor"]);
    expect(well?.text).toContain("acceptance required, tagged, notified");
  });
}
