// What the deployment finds wrong with itself: each finding with the command that mends it, and one that cannot be looked at hides no other.
import { expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { zoneId } from "../../lib/ids.ts";
import { examine, type Finding } from "../../lib/operator/doctor.ts";
import { serviceOf } from "../fakes/endpoint-services.ts";
import { acme, desk, inCare, service, zone, type Desk } from "./desk.ts";

const failed = (findings: readonly Finding[]): unknown[] =>
  findings.filter(({ state }) => state === "failed").map(({ about, message, mend }) => ({ about, message, mend }));

const mailbox = "approvers@example.com";

/** A mailbox that hears, so that only what a story breaks is broken. */
function confirmed({ world }: Desk): void {
  world.subscriptions.add({
    arn: "arn:aws:sns:eu-west-1:111111111111:approvals:own",
    email: mailbox,
    approver: "approvers",
    confirmed: true,
    protected: true,
  });
}

async function well(mode: "enforce" | "observe" = "enforce"): Promise<Desk> {
  const at = await inCare(mode, { mailbox });
  confirmed(at);
  return at;
}

test("all is well with a service as it was taken in, and with none", async () => {
  for (const at of [desk({ mailbox }), await well()]) {
    confirmed(at);
    expect((await examine(at.ports)).map(({ state }) => state)).toEqual(["ok", "ok", "ok", "ok"]);
  }
});

test.each([
  ["AWS does not know it", {}, serviceOf(2), "if it is gone for good: npx drawbridge services remove"],
  [
    "acceptance is off",
    { acceptanceRequired: false },
    service,
    `aws ec2 modify-vpc-endpoint-service-configuration --service-id ${service} --acceptance-required`,
  ],
  ["the tag is gone", { tags: {} }, service, `aws ec2 create-tags --resources ${service} --tags Key=drawbridge,Value=`],
])("%s", async (_what, facts, of, mend) => {
  const at = await well();
  if (of === service) at.world.ec2.addService(service, facts);
  const stranger = { ...(await at.ports.services.all())[0], service: of } as Awaited<ReturnType<typeof at.ports.services.all>>[number];
  const services = { ...at.ports.services, all: () => Promise.resolve([stranger]) };
  const found = await examine({ ...at.ports, services });
  expect(failed(found)[0]).toMatchObject({ about: of, mend: expect.stringContaining(mend) as string });
});

test("a notification that is gone is made anew by the very command that is shown", async () => {
  const at = await well("observe");
  const [id = ""] = at.world.ec2.notifications.keys();
  await at.world.ec2.port.stopNotifying(id);
  expect(failed(await examine(at.ports))).toMatchObject([
    { about: service, mend: `npx drawbridge services add ${service} --zone ${zone} --observe --yes` },
  ]);
  await at.ask("POST /services", { service, zone, mode: "observe" });
  expect(failed(await examine(at.ports))).toEqual([]);
});

test("a zone that is gone, and one that the deployment no longer has", async () => {
  const at = await well();
  const other = zoneId("Z0000000000000000000");
  const found = await examine({ ...at.ports, deployment: { ...at.ports.deployment, zones: [other] } });
  expect(failed(found)).toMatchObject([
    { about: other, message: expect.stringContaining("gone") as string },
    { about: service, mend: `add ${zone} to hostedZones in drawbridge.config.yml, then npm run deploy` },
  ]);
});

test("a service that AWS does not show is told as not readable, and the others are still looked at", async () => {
  const at = await well();
  at.world.ec2.failNext(new Fault("UnauthorizedOperation", "ec2:DescribeVpcEndpointServiceConfigurations", "not allowed", false));
  const found = await examine(at.ports);
  expect(found.map(({ about, state }) => [about, state])).toEqual([
    [zone, "ok"],
    ["approvers", "ok"],
    [service, "not readable"],
    ["allow-list", "ok"],
  ]);
  expect(found[2]?.message).toContain("ec2:DescribeVpcEndpointServiceConfigurations");
});

test("with no mailbox, nobody named and no Slack, nobody is asked", async () => {
  expect(failed(await examine((await inCare()).ports))).toMatchObject([
    { about: "approvers", message: "nobody is asked, by mail or in Slack" },
  ]);
});

test.each(['{"webhookUrl":"https://hooks.slack.com/services/T/B/x"}', undefined])("who asks in Slack alone is well: %s", async (secret) => {
  const at = await inCare();
  if (secret === undefined) at.slack.configure();
  else at.slack.put(secret);
  expect(failed(await examine(at.ports))).toEqual([]);
  expect(await examine(at.ports)).toContainEqual({ about: "approvers", state: "ok", message: "asked in Slack, and nobody by mail" });
});

test("a secret of Slack's that cannot be used is told as what keeps people from being asked", async () => {
  const at = await inCare();
  at.slack.put("not JSON");
  expect(failed(await examine(at.ports))).toMatchObject([
    {
      about: "approvers",
      message: expect.stringContaining("it must be JSON") as string,
      mend: expect.stringContaining("SlackSecretArn") as string,
    },
  ]);
});

test("an entry that cannot be read is found, with the command that takes it away, at a service and at every service", async () => {
  const at = await well();
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  await at.ask("PUT /entries", { service: "*", principal: acme, verdict: "accept" });
  expect((await examine(at.ports)).at(-1)).toMatchObject({ state: "ok", message: "every entry can be read, 2 in all" });
  for (const [key, row] of at.world.tables.rows.entries)
    at.world.tables.rows.entries.set(key, { ...row, conditions: { moonPhase: "full" } });
  expect(failed(await examine(at.ports))).toMatchObject([
    { about: "allow-list", mend: expect.stringContaining(`drawbridge remove ${acme} --service '*'`) },
    {
      about: "allow-list",
      message: expect.stringContaining("moonPhase"),
      mend: expect.stringContaining(`remove ${acme} --service '${service}'`),
    },
  ]);
});
