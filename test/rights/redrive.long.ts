// What was set aside is shown with its reason and goes back to work, by an operator with the stack's own policy; and doing it twice is harmless.
import { afterAll, beforeAll, expect, test } from "vitest";
import { mailboxRests } from "./stories/story.ts";
import { accounts, openWorld, type Keys, type Offered, type World } from "./world.ts";

let world: World;
let keys: Keys;
let service: Offered;

beforeAll(async () => {
  world = await openWorld(
    () => undefined,
    (resources) => ({ ...resources, OperatorRole: role, AdmitQueue: givenUpAtOnce(resources["AdmitQueue"]) }),
  );
  process.env["AWS_ENDPOINT_URL"] = world.local.aws;
  const { Credentials } = await world.aws("sts", "AssumeRole", { RoleArn: world.arnOf("OperatorRole"), RoleSessionName: "alice" });
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials as Readonly<Record<string, string>>;
  keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  service = await world.offer();
  await redriving("services", "add", service.id, "--no-names", "--yes");
});
afterAll(async () => {
  delete process.env["AWS_ENDPOINT_URL"];
  await world.local.close();
});

const role = {
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: accounts.provider }, Action: "sts:AssumeRole" }],
    },
    ManagedPolicyArns: [{ Ref: "OperatorPolicy" }],
  },
};

/** What fails once is set aside when it would be seen again. */
function givenUpAtOnce(queue: unknown): unknown {
  const { Type, Properties } = queue as { readonly Type: string; readonly Properties: { readonly RedrivePolicy: object } };
  return { Type, Properties: { ...Properties, VisibilityTimeout: 21, RedrivePolicy: { ...Properties.RedrivePolicy, maxReceiveCount: 1 } } };
}

const redriving = (...words: string[]): Promise<string> => world.drawbridgeAs(keys, ...words);
const put = (queue: string, body: unknown): Promise<unknown> =>
  world.aws("sqs", "SendMessage", { QueueUrl: world.idOf(queue), MessageBody: typeof body === "string" ? body : JSON.stringify(body) });

test("with nothing set aside it says so, and a queue that there is not is refused", async () => {
  expect(await redriving("redrive")).toContain("Nothing was set aside");
  expect(await redriving("redrive", "AdmitDeadLetters")).toContain("AdmitDeadLetters is empty");
  await expect(redriving("redrive", "AdmitDeadLeters")).rejects.toThrow("did you mean AdmitDeadLetters?");
});

test("a signal among the dead letters is shown, stays, and on --yes finds its connection", async () => {
  world.local.faults.loseNotifications(1);
  const endpoint = await world.connect(accounts.unknown, service);
  await put("ObserveDeadLetters", { look: { service: service.id, endpoints: [endpoint], why: "look-again", attempt: 1 } });
  expect(await redriving("redrive")).toMatch(/ObserveDeadLetters\s+1/);
  const shown = await redriving("redrive", "ObserveDeadLetters");
  expect(shown).toContain(endpoint);
  expect(shown).toContain("observe failed it each time");
  expect(shown).toContain("drawbridge redrive ObserveDeadLetters --yes");
  expect(await world.waiting("ObserveDeadLetters")).toBe(1);
  expect(await world.statusOf(endpoint)).toBeUndefined();

  expect(await redriving("redrive", "ObserveDeadLetters", "--yes")).toContain("Sent back: 1 of 1.");
  await world.local.idle();
  expect(await world.statusOf(endpoint)).toBe("asking");
  expect(await redriving("redrive", "observedeadletters", "--yes")).toContain("ObserveDeadLetters is empty");
});

test("what a function failed on comes with the reason that stands in its log", async () => {
  await put("AdmitQueue", "no signal at all");
  await world.until("the message set aside", async () => {
    await world.tick();
    return (await world.waiting("AdmitDeadLetters")) > 0 || undefined;
  });
  expect(await redriving("redrive", "AdmitDeadLetters")).toMatch(/no signal at all +admit failed it each time: Unreadable, /);
  await world.aws("sqs", "PurgeQueue", { QueueUrl: world.idOf("AdmitDeadLetters") });
});

test("a question that could not be handed over is asked after all, once", async () => {
  await mailboxRests(world, "approvers");
  const Targets = await missing("NotifyRule");
  const endpoint = await world.connect(accounts.barred, service);
  await world.becomes(endpoint, "asking");
  await world.until("the event set aside", async () => (await world.waiting("NotifyUndelivered")) > 0 || undefined);
  const shown = await redriving("redrive", "NotifyUndelivered");
  expect(shown).toContain(`ApprovalRequested ${endpoint}`);
  expect(shown).toContain("EventBridge could not deliver it: NO_RESOURCE");
  await world.aws("events", "PutTargets", { ...ruleOf("NotifyRule"), Targets });
  const mails = (): number => world.local.letters.filter(({ channel, text }) => channel === "email" && text.includes(endpoint)).length;
  expect(mails()).toBe(0);
  await redriving("redrive", "NotifyUndelivered", "--yes");
  await world.until("the mail", async () => {
    await world.tick();
    return mails() > 0 || undefined;
  });

  const [told] = JSON.parse(await redriving("audit", "--connection", endpoint, "--type", "ApprovalRequested", "--json")).items;
  await put("PublishFailures", { undelivered: { subject: told.subject, seq: told.seq, reason: "ThrottlingException: Rate exceeded" } });
  expect(await redriving("redrive", "PublishFailures")).toContain("the bus did not take it: ThrottlingException: Rate exceeded");
  const before = putEvents();
  await redriving("redrive", "PublishFailures", "--yes");
  await world.local.idle();
  expect(putEvents()).toBe(before + 1);
  expect(mails()).toBe(1);
});

test("a batch that publish gave up is read again from the log by its time", async () => {
  const at = new Date().toISOString();
  await put("PublishFailures", {
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 6 },
    DDBStreamBatchInfo: { approximateArrivalOfFirstRecord: at, approximateArrivalOfLastRecord: at, batchSize: 1 },
  });
  expect(await redriving("redrive", "PublishFailures")).toMatch(/publish gave it up\s+\(RetryAttemptsExhausted, 6 tries\)/);
  const before = putEvents();
  expect(await redriving("redrive", "PublishFailures", "--yes")).toContain("Sent back: 1 of 1.");
  expect(putEvents()).toBeGreaterThan(before);
});

test("what nobody can place stays where it is, and a failed minute is only removed", async () => {
  await put("SlackFailures", "spoiled");
  await expect(redriving("redrive", "SlackFailures", "--yes")).rejects.toThrow("1 of 1 stay in SlackFailures");
  expect(await world.waiting("SlackFailures")).toBe(1);
  await put("SweepFailures", { requestContext: { condition: "RetriesExhausted" }, responsePayload: { errorMessage: "out of time" } });
  expect(await redriving("redrive", "SweepFailures")).toContain("sweep failed: out of time");
  expect(await redriving("redrive", "SweepFailures", "--yes")).toContain("Removed: 1 of 1.");
  expect(await world.waiting("SweepFailures")).toBe(0);
});

const putEvents = (): number => world.local.counts()["events:PutEvents"] ?? 0;

function ruleOf(rule: string): { readonly Rule: string; readonly EventBusName: string } {
  const [EventBusName = "", Rule = ""] = (world.arnOf(rule).split(":rule/")[1] ?? "").split("/");
  return { Rule, EventBusName };
}

/** Points a rule at nothing; gives the targets as they were. */
async function missing(rule: string): Promise<unknown> {
  const { Targets } = await world.aws("events", "ListTargetsByRule", ruleOf(rule));
  const gone = (Targets as readonly object[]).map((target) => ({ ...target, Arn: `arn:aws:sqs:eu-west-1:${accounts.provider}:gone` }));
  await world.aws("events", "PutTargets", { ...ruleOf(rule), Targets: gone });
  return Targets;
}
