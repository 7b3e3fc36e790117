// What somebody did to a resource past CloudFormation: read from the service itself, as the handlers of AWS's resource types do.
// Policies of queues and topics have no handler that reads them, so nobody sees what became of those.
import { isDeepStrictEqual } from "node:util";

import { isMembers, optionalText, record, rows, text, type Members } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Drift, Workshop } from "./workshop.ts";

const GONE = /NonExistentQueue|QueueDoesNotExist|NotFound|ResourceNotFoundException|NoSuch/;

/** The names in `declared` for which the resource shows something else. */
async function driftOf(declared: Members, read: () => Promise<Members>): Promise<Drift> {
  try {
    const actual = await read();
    return Object.keys(declared).filter((name) => !isDeepStrictEqual(plain(declared[name]), plain(actual[name])));
  } catch (error) {
    if (error instanceof AwsError && GONE.test(error.code)) return "gone";
    throw error;
  }
}

/** Numbers and documents are carried as text by some services. */
function plain(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string" || !/^[[{]/.test(value)) return isMembers(value) ? plainMembers(value) : value;
  const read: unknown = JSON.parse(value);
  return isMembers(read) ? plainMembers(read) : read;
}

const plainMembers = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, plain(value)]));

export const queueDrift = (workshop: Workshop, QueueUrl: unknown, attributes: Members): Promise<Drift> =>
  driftOf(attributes, async () =>
    record(await workshop.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] }), "Attributes"),
  );

export const subscriptionDrift = (workshop: Workshop, SubscriptionArn: string, attributes: Members): Promise<Drift> =>
  driftOf(attributes, async () => record(await workshop.call("sns", "GetSubscriptionAttributes", { SubscriptionArn }), "Attributes"));

export const ruleDrift = (workshop: Workshop, Name: string, bus: Members, properties: Members): Promise<Drift> => {
  const ids = (targets: readonly Members[]): string =>
    targets
      .map((target) => text(target, "Id"))
      .toSorted()
      .join(",");
  const declared = { State: optionalText(properties, "State") ?? "ENABLED", Targets: ids(rows(properties, "Targets")) };
  return driftOf(declared, async () => {
    const rule = await workshop.call("events", "DescribeRule", { Name, ...bus });
    const targets = await workshop.call("events", "ListTargetsByRule", { Rule: Name, ...bus });
    return { State: rule["State"], Targets: ids(rows(targets, "Targets")) };
  });
};

/** What may be changed of a function over the wire is its environment. */
export const functionDrift = (workshop: Workshop, name: string, declared: Members): Promise<Drift> => {
  const now = workshop.functions.find(name);
  return Promise.resolve(now === undefined ? "gone" : isDeepStrictEqual(now.definition.environment, declared) ? [] : ["Environment"]);
};
