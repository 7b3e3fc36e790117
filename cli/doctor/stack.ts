// The stack as CloudFormation knows it: its resources, what it was given and what it gives, and whether its last change went through.

import type { Finding } from "../../lib/operator/doctor.ts";

/** Physical ids by the names of the template. */
export type Resources = ReadonlyMap<string, { readonly id: string; readonly type: string }>;

export interface Shown {
  readonly name: string;
  readonly region: string;
  readonly status: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export async function resourcesOf(region: string, stack: string): Promise<Resources> {
  const { CloudFormationClient, paginateListStackResources } = await import("@aws-sdk/client-cloudformation");
  const resources = new Map<string, { id: string; type: string }>();
  for await (const page of paginateListStackResources({ client: new CloudFormationClient({ region }) }, { StackName: stack }))
    for (const { LogicalResourceId = "", PhysicalResourceId = "", ResourceType = "" } of page.StackResourceSummaries ?? [])
      resources.set(LogicalResourceId, { id: PhysicalResourceId, type: ResourceType });
  return resources;
}

export async function stackOf(region: string, name: string): Promise<Shown> {
  const { CloudFormationClient, DescribeStacksCommand } = await import("@aws-sdk/client-cloudformation");
  const said = await new CloudFormationClient({ region }).send(new DescribeStacksCommand({ StackName: name }));
  const [{ StackStatus = "unknown", Parameters = [], Outputs = [] } = {}] = said.Stacks ?? [];
  return {
    name,
    region,
    status: StackStatus,
    parameters: Object.fromEntries(Parameters.map(({ ParameterKey = "", ParameterValue = "" }) => [ParameterKey, ParameterValue])),
    outputs: Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue])),
  };
}

export function stackFinding({ name, status }: Shown): Finding {
  const finding = { about: "stack", message: `${name} is ${status}` };
  if (status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE" || status.endsWith("_IN_PROGRESS")) return { ...finding, state: "ok" };
  return {
    ...finding,
    state: "failed",
    message: `${finding.message}: the last deployment did not go through, the one before it runs`,
    mend: `see why with aws cloudformation describe-stack-events --stack-name ${name}, then npm run deploy`,
  };
}

/** The resources of one type, by their names in the template. */
export const ofType = (resources: Resources, wanted: string): { readonly logicalId: string; readonly id: string }[] =>
  [...resources].filter(([, { type }]) => type === wanted).map(([logicalId, { id }]) => ({ logicalId, id }));
