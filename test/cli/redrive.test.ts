// What redrive and doctor tell of messages that somebody else is looking at, and what redrive gives back when it is interrupted or refused.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import type { Call } from "../../cli/command.ts";
import { queues } from "../../cli/doctor/queues.ts";
import { redriveCommands } from "../../cli/redrive.ts";
import { nobody } from "../../cli/terminal.ts";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { waysBack } from "../../lib/operator/set-aside.ts";

const queue = "SweepFailures";
let local: LocalAws;
let url = "";
let urls: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  local = await startLocalAws({ template: { Resources: { [queue]: { Type: "AWS::SQS::Queue" }, Other: { Type: "AWS::SQS::Queue" } } } });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: local.aws,
    AWS_REGION: local.region,
    AWS_ACCESS_KEY_ID: local.account,
    AWS_SECRET_ACCESS_KEY: "any",
  });
  const idOf = (wanted: string): string => local.stack.resources.find(({ logicalId }) => logicalId === wanted)?.physicalId ?? "";
  url = idOf(queue);
  urls = { ...Object.fromEntries(Object.keys(waysBack).map((name) => [name, idOf("Other")])), [queue]: url };
});
afterAll(() => local.close());

beforeEach(async () => {
  await local.call("sqs", "PurgeQueue", { QueueUrl: url });
  for (const body of ["one", "two", "three"]) await local.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: body });
});

/** Somebody else has so many of them. */
const takenByOthers = (MaxNumberOfMessages: number) =>
  local.call("sqs", "ReceiveMessage", { QueueUrl: url, MaxNumberOfMessages, VisibilityTimeout: 300 });

async function visible(): Promise<string> {
  const asked = { QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] };
  const { Attributes } = await local.call("sqs", "GetQueueAttributes", asked);
  const counts = Attributes as Readonly<Record<string, string>>;
  return `${counts["ApproximateNumberOfMessages"] ?? ""} + ${counts["ApproximateNumberOfMessagesNotVisible"] ?? ""}`;
}

interface Said {
  readonly text: string;
  readonly failure: string | undefined;
}

interface Given {
  readonly yes?: boolean;
  readonly onInterrupt?: (stop: () => void) => () => void;
}

async function redrive(operands: readonly string[], { yes = false, onInterrupt = () => () => undefined }: Given = {}): Promise<Said> {
  const said: string[] = [];
  const call: Call = {
    operands,
    given: { text: () => undefined, texts: () => undefined, flag: (name) => yes && name === "yes" },
    api: { get: () => Promise.resolve({ region: local.region, bus: "bus", queues: urls }) } as unknown as Call["api"],
    terminal: { ...nobody, err: (text) => void said.push(text), onInterrupt },
    result: (_, text) => void said.push(text()),
  };
  const failure = await redriveCommands[0]?.run(call).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { text: said.join("\n"), failure };
}

test("what another look holds is told, and when it is back", async () => {
  await takenByOthers(3);
  const words = "held by another look, and back within 5 minutes";
  expect((await redrive([])).text).toMatch(new RegExp(`${queue} +0 +3[\\s\\S]*${words}`));
  expect((await redrive([queue])).text).toBe(`${queue}: 3 messages are ${words}.`);
  expect((await queues(local.region, urls)).filter(({ state }) => state === "failed")).toEqual([
    { about: queue, state: "failed", message: `3 messages were set aside; 3 are ${words}`, mend: `npx drawbridge redrive ${queue}` },
  ]);
});

test("of what one look shows, what another one holds is told beside it", async () => {
  await takenByOthers(1);
  const { text } = await redrive([queue], { yes: true });
  expect(text).toContain("Removed: 2 of 2.");
  expect(text).toMatch(/1 message is held by another look, and back within 5 minutes\.$/);
  expect(await visible()).toBe("0 + 1");
});

test("interrupted, it ends what is under way, gives the others back, and says how far it came", async () => {
  let stop = (): void => undefined;
  local.faults.refuse({
    service: "sqs",
    action: "DeleteMessage",
    times: 1,
    instead: (input, work) => {
      stop();
      return work(input);
    },
  });
  const { text, failure } = await redrive([queue], {
    yes: true,
    onInterrupt(on) {
      stop = on;
      return () => undefined;
    },
  });
  expect(text).toContain("Removed: 1 of 3.");
  expect(failure).toContain("Interrupted: 2 of 3 stay in SweepFailures");
  expect(await visible()).toBe("2 + 0");
});

test("when the queue refuses half-way, what was taken up is given back", async () => {
  for (let more = 0; more < 10; more += 1) await local.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: "more" });
  let calls = 0;
  const fault = local.faults.refuse({
    service: "sqs",
    action: "ReceiveMessage",
    instead: (input, work) => {
      calls += 1;
      if (calls > 1) throw Object.assign(new Error("no more"), { code: "AccessDenied" });
      return work(input);
    },
  });
  expect((await redrive([queue])).failure).toBeDefined();
  fault.lift();
  expect(await visible()).toBe("13 + 0");
});
