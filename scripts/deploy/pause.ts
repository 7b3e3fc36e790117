// Holding Drawbridge still without taking it down: nothing is accepted, rejected or named until it is resumed; everything waits in its queue.
import { UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";

import { stackName } from "./config.ts";
import type { Deployment } from "./deploy.ts";
import { installed } from "./deploy.ts";
import { resourcesOf } from "./stack.ts";
import { Stop } from "./stop.ts";

/** Those that act: admit on EC2, dns on Route 53. What is observed is still recorded, and people may still answer. */
const acting = /^(Admit|Dns)EventSourceMapping/;

export async function hold(deployment: Deployment, isHeld: boolean): Promise<void> {
  const { clients, stage, tell } = deployment;
  await installed(deployment);
  const mappings = [...(await resourcesOf(clients.cloudFormation, stackName(stage)))].filter(
    ([logicalId, { type }]) => type === "AWS::Lambda::EventSourceMapping" && acting.test(logicalId),
  );
  if (mappings.length === 0) throw new Stop(`${stackName(stage)} has no functions to hold`, "npm run deploy");
  for (const [logicalId, { id }] of mappings) {
    await clients.lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: !isHeld }));
    tell(`${logicalId} is ${isHeld ? "off" : "on"}`);
  }
}
