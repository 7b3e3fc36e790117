// How a message that one AWS service hands to another fares at the target.

/** Why a target did not take it. `retry` false goes straight to the dead-letter queue, as on AWS. */
export interface Refusal {
  readonly code: "NO_RESOURCE" | "NO_PERMISSIONS" | "THROTTLING" | "INVALID_PARAMETER" | "INTERNAL_ERROR";
  readonly message: string;
  readonly retry: boolean;
}

/** `undefined`: the target has taken it. */
export type Delivery = Refusal | undefined;

export function noResource(arn: string): Refusal {
  return { code: "NO_RESOURCE", message: `The target ${arn} does not exist.`, retry: false };
}

export function noPermissions(service: string, action: string, arn: string): Refusal {
  return {
    code: "NO_PERMISSIONS",
    message: `${service} is not authorized to perform ${action} on resource ${arn} by its resource policy.`,
    retry: false,
  };
}

export interface Arn {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** undefined when the text is not an ARN. */
export function parseArn(arn: string): Arn | undefined {
  const [prefix, , service, region, account, ...resource] = arn.split(":");
  if (prefix !== "arn" || service === undefined || region === undefined || account === undefined || resource.length === 0) return undefined;
  return { service, region, account, resource: resource.join(":") };
}
