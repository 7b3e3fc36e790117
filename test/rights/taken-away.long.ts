// The proof itself is put to the test: a right is taken out of the template, and the story that is said to need it is refused something.
import { expect, test } from "vitest";
import { isObject } from "../../scripts/template.ts";
import { recorder } from "./needed.ts";
import { deployed } from "./proof.ts";
import { stories, type Told } from "./stories.ts";
import { openWorld } from "./world.ts";

test.each([
  { role: "ObserveRole", sid: "LookAgainLater", story: "a notification comes before AWS lists its endpoint: it is looked at again" },
  { role: "PublishRole", sid: "PutOnBus", story: "an account on the list connects, and gets its name" },
  { role: "AdmitRole", sid: "AcceptAndReject", story: "an account on the list connects, and gets its name" },
  { role: "NotifyRole", sid: "SignLinks", story: "an account off the list is asked about, and approved by the link in the mail" },
  {
    role: "SlackRole",
    sid: "SignLinksAndReachSlack",
    story: "an account off the list is asked about, and approved by the link in the mail",
  },
  { role: "AnswerRole", sid: "AddToLog", story: "an account off the list is asked about, and approved by the link in the mail" },
  { role: "DnsRole", sid: "UseSettings", story: "an account on the list connects, and gets its name" },
  {
    role: "SweepRole",
    sid: "WakeWorkers",
    story: "two accounts connect while notifications are lost: the sweep finds them, and one name gets a suffix",
  },
  { role: "ApiRole", sid: "KeepNotifications", story: "the operator configures Slack, then takes a service with connections into care" },
])("without $role's $sid, it is refused: $story", async ({ role, sid, story }) => {
  const record = recorder(deployed);
  const world = await openWorld(record.onDemand, (resources) => ({ ...resources, [role]: without(resources[role], sid) }));
  const last = stories.findIndex(({ name }) => name === story);
  expect(last).toBeGreaterThanOrEqual(0);
  try {
    const told: Told = {};
    for (const one of stories.slice(0, last + 1)) {
      record.story(one.name);
      // Whether the system heals by other ways is not the question here.
      await one.tell(world, told).catch(() => undefined);
    }
    await world.local.idle();
  } finally {
    await world.local.close();
  }
  const refused = record.denied().filter((denial) => denial.story === story && denial.question.role?.includes(role));
  expect(refused.length).toBeGreaterThan(0);
});

test("a role that the roles' service may not assume does not come up", async () => {
  const trust = { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } };
  const come = openWorld(
    () => undefined,
    (resources) => ({
      ...resources,
      AdmitRole: { Type: "AWS::IAM::Role", Properties: { ...propertiesOf(resources["AdmitRole"]), ...trust } },
    }),
  );
  await expect(come).rejects.toThrow("cannot be assumed by lambda.amazonaws.com");
});

function propertiesOf(resource: unknown): Readonly<Record<string, unknown>> {
  const properties = isObject(resource) ? resource["Properties"] : undefined;
  return isObject(properties) ? properties : {};
}

/** The role without one of its statements. */
function without(role: unknown, sid: string): unknown {
  const text = JSON.stringify(role, (_, value: unknown) =>
    Array.isArray(value) ? value.filter((one) => !(isObject(one) && one["Sid"] === sid)) : value,
  );
  return JSON.parse(text) as unknown;
}
