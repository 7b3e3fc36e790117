// Putting right what somebody did to the stack past CloudFormation: policies changed, mappings switched off, subscriptions and queues gone.
import { GetObjectCommand } from "@aws-sdk/client-s3";

import type { Resource, Template } from "../template.ts";
import { bring, history } from "./deploy.ts";
import { installed, type Deployment, type DeployOptions } from "./deployment.ts";
import type { StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

/**
 * The template that stands, again. CloudFormation compares a template with the one before it and not with what is there; only a change
 * set that reverts drift reads the resources themselves. Of policies of queues and topics it cannot, so each of these gets another Id,
 * which means nothing, and is written anew.
 */
export async function repair(deployment: Deployment, options: DeployOptions): Promise<StackNow | undefined> {
  const { s3 } = deployment.clients;
  const { bucket, all } = await history(deployment);
  const standing = all.at(-1);
  if (standing === undefined) throw new Stop("Nothing has been deployed yet", "npm run deploy");
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: standing.template }));
  const template = JSON.parse((await Body?.transformToString()) ?? "{}") as Template;
  return bring(deployment, {
    bucket,
    key: standing.template,
    template: writtenAnew(template, `repaired-${new Date().toISOString().replaceAll(/\D/g, "")}`),
    options,
    parameters: (await installed(deployment)).parameters,
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
