// Putting right what somebody did to the stack past CloudFormation: policies changed, mappings switched off, subscriptions and queues gone.
import type { Resource, Template } from "../template.ts";
import { bring } from "./deploy.ts";
import type { Deployment, DeployOptions } from "./deployment.ts";
import { history, standingOf } from "./history.ts";
import { templateOf, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

/**
 * The template that stands, as CloudFormation has it, again: whatever the history knows, no version changes. CloudFormation compares a
 * template with the one before it and not with what is there; only a change set that reverts drift reads the resources themselves. Of
 * policies of queues and topics it cannot, so each of these gets another Id, which means nothing, and is written anew.
 */
export async function repair(deployment: Deployment, options: DeployOptions): Promise<StackNow | undefined> {
  const known = await history(deployment);
  const standing = standingOf(known.all);
  if (standing === undefined) throw new Stop("Nothing has been deployed yet", "npm run deploy");
  const template = await templateOf(deployment.clients.cloudFormation, known.stack.name);
  return bring(deployment, {
    known,
    key: standing.template,
    template: writtenAnew(template, `repaired-${new Date().toISOString().replaceAll(/\D/g, "")}`),
    options,
    parameters: known.stack.parameters,
    revertsDrift: true,
    as: { version: standing.version, backTo: standing.backTo ?? standing.at, repaired: true },
  });
}

const unread = new Set(["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"]);

function writtenAnew(template: Template, Id: string): Template {
  const resources = Object.entries(template.Resources).map(([id, resource]): [string, Resource] => {
    const document = resource.Properties?.["PolicyDocument"];
    if (!unread.has(resource.Type) || typeof document !== "object") return [id, resource];
    return [id, { ...resource, Properties: { ...resource.Properties, PolicyDocument: { ...document, Id } } }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
