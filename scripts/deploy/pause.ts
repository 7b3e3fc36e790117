// Holding Drawbridge still without taking it down: nothing is accepted, rejected, named or let ask until it is resumed; everything waits.
import {
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";

import type { Resource, Template } from "../template.ts";
import { stackName } from "./config.ts";
import { installed, type Deployment } from "./deployment.ts";
import { resourcesOf } from "./stack.ts";
import { Stop } from "./stop.ts";

/** Those that act: admit on EC2, dns on Route 53. What is observed is still recorded, and people may still answer. */
const acting = /^(Admit|Dns)EventSourceMapping/;
/** It changes nothing but an endpoint service's permissions, where these follow the allow-list; that waits by its setting. */
const sweep = "SweepLambdaFunction";
const setting = "PAUSED";

export async function hold(deployment: Deployment, isHeld: boolean): Promise<void> {
  const { clients, stage, tell } = deployment;
  await installed(deployment);
  const mappings = await actingMappings(deployment);
  if (mappings.length === 0) throw new Stop(`${stackName(stage)} has no functions to hold`, "npm run deploy");
  // A mapping that is off tells that it is paused, so that the first one goes off before all else, and the last one on after it.
  if (!isHeld) await tellSweep(deployment, isHeld);
  for (const [logicalId, id] of mappings) {
    await clients.lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: !isHeld }));
    tell(`${logicalId} is ${isHeld ? "off" : "on"}`);
  }
  if (isHeld) await tellSweep(deployment, isHeld);
}

async function tellSweep({ clients: { cloudFormation, lambda }, stage, tell }: Deployment, isHeld: boolean): Promise<void> {
  const FunctionName = (await resourcesOf(cloudFormation, stackName(stage))).get(sweep)?.id;
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
  const { [setting]: _, ...variables } = Configuration?.Environment?.Variables ?? {};
  const Variables = isHeld ? { ...variables, [setting]: "true" } : variables;
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  tell(`${sweep} ${isHeld ? "changes no permissions" : "goes on"}`);
}

async function actingMappings({ clients, stage }: Pick<Deployment, "clients" | "stage">): Promise<readonly (readonly [string, string])[]> {
  return [...(await resourcesOf(clients.cloudFormation, stackName(stage)))].flatMap(([logicalId, { id, type }]) =>
    type === "AWS::Lambda::EventSourceMapping" && acting.test(logicalId) ? [[logicalId, id] as const] : [],
  );
}

export async function isHeld(deployment: Pick<Deployment, "clients" | "stage">): Promise<boolean> {
  const states = await Promise.all((await actingMappings(deployment)).map(async ([, UUID]) => stateOf(deployment, UUID)));
  return states.some((state) => state === "Disabled" || state === "Disabling");
}

/** One that is gone holds nothing: a repair makes it anew. */
async function stateOf({ clients }: Pick<Deployment, "clients">, UUID: string): Promise<string | undefined> {
  try {
    return (await clients.lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** The template as it must be, so that what it changes sets nothing going that is held, and holds nothing that goes. */
export function heldAs(template: Template, held: boolean): Template {
  const resources = Object.entries(template.Resources).map(([id, resource]): [string, Resource] => {
    if (acting.test(id)) return [id, { ...resource, Properties: { ...resource.Properties, Enabled: !held } }];
    if (id !== sweep) return [id, resource];
    const { Variables = {} } = (resource.Properties?.["Environment"] ?? {}) as { readonly Variables?: Readonly<Record<string, unknown>> };
    const { [setting]: _, ...others } = Variables;
    const Environment = { Variables: held ? { ...others, [setting]: "true" } : others };
    return [id, { ...resource, Properties: { ...resource.Properties, Environment } }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
