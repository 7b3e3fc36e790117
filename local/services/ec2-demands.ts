// What IAM is asked before an EC2 action runs: on which resource, with which condition keys.

import { optionalText, rows, texts } from "../members.ts";
import type { Call, Demand } from "../service.ts";
import type { Ec2State, Tags } from "./ec2-state.ts";

export function ec2Demands(state: Ec2State, call: Call): Demand[] {
  const action = `ec2:${call.action}`;
  const account = call.caller.account;
  const region = { "ec2:Region": state.region, "aws:RequestedRegion": state.region };
  const service = (id: string): Demand => {
    const found = state.services.get(id);
    const tags = found?.owner === account ? resourceTags(found.tags) : {};
    return { action, resource: arn(state, account, "vpc-endpoint-service", id), resourceAccount: account, context: { ...region, ...tags } };
  };
  switch (call.action) {
    case "AcceptVpcEndpointConnections":
    case "RejectVpcEndpointConnections":
    case "ModifyVpcEndpointServiceConfiguration":
    case "ModifyVpcEndpointServicePermissions":
    case "ModifyVpcEndpointServicePayerResponsibility":
    case "DescribeVpcEndpointServicePermissions":
    case "StartVpcEndpointServicePrivateDnsVerification":
      return [service(optionalText(call.input, "ServiceId") ?? "*")];
    case "DeleteVpcEndpointServiceConfigurations":
      return texts(call.input, "ServiceIds").map(service);
    case "CreateVpcEndpointServiceConfiguration":
      return [{ ...service("*"), context: { ...region, ...requestTags(call) } }];
    case "CreateVpcEndpointConnectionNotification": {
      const endpointId = optionalText(call.input, "VpcEndpointId");
      if (endpointId !== undefined) return [{ action, resource: arn(state, account, "vpc-endpoint", endpointId), context: region }];
      return [service(optionalText(call.input, "ServiceId") ?? "*")];
    }
    case "ModifyVpcEndpointConnectionNotification":
    case "DeleteVpcEndpointConnectionNotifications": {
      const one = optionalText(call.input, "ConnectionNotificationId");
      const ids = one === undefined ? texts(call.input, "ConnectionNotificationIds") : [one];
      return ids.map((id) => service(state.notifications.get(id)?.serviceId ?? "*"));
    }
    case "CreateVpcEndpoint":
      return [{ action, resource: arn(state, account, "vpc-endpoint", "*"), context: { ...region, ...requestTags(call) } }];
    case "ModifyVpcEndpoint":
      return [{ action, resource: arn(state, account, "vpc-endpoint", optionalText(call.input, "VpcEndpointId") ?? "*"), context: region }];
    case "DeleteVpcEndpoints":
      return texts(call.input, "VpcEndpointIds").map((id) => ({
        action,
        resource: arn(state, account, "vpc-endpoint", id),
        context: region,
      }));
    case "CreateTags":
    case "DeleteTags": {
      const context = { ...region, "aws:TagKeys": rows(call.input, "Tags").map((tag) => optionalText(tag, "Key") ?? "") };
      return texts(call.input, "Resources").map((id) => ({ action, resource: arn(state, account, typeOf(id), id), context }));
    }
    default:
      return [{ action, resource: "*", context: region }];
  }
}

function arn(state: Ec2State, account: string, type: string, id: string): string {
  return `arn:aws:ec2:${state.region}:${account}:${type}/${id}`;
}

function typeOf(id: string): string {
  const prefixes: readonly (readonly [string, string])[] = [
    ["vpce-svc-", "vpc-endpoint-service"],
    ["vpce-con-", "vpc-endpoint-connection"],
    ["vpce-", "vpc-endpoint"],
    ["subnet-", "subnet"],
    ["sg-", "security-group"],
  ];
  return prefixes.find(([prefix]) => id.startsWith(prefix))?.[1] ?? "vpc";
}

function resourceTags(tags: Tags): Record<string, string> {
  const pairs = [...tags].flatMap(([key, value]): [string, string][] => [
    [`aws:ResourceTag/${key}`, value],
    [`ec2:ResourceTag/${key}`, value],
  ]);
  return Object.fromEntries(pairs);
}

function requestTags(call: Call): Record<string, string | string[]> {
  const tags = rows(call.input, "TagSpecifications").flatMap((specification) => rows(specification, "Tags"));
  if (tags.length === 0) return {};
  const pairs = tags.map((tag): [string, string] => [`aws:RequestTag/${optionalText(tag, "Key") ?? ""}`, optionalText(tag, "Value") ?? ""]);
  return { ...Object.fromEntries(pairs), "aws:TagKeys": tags.map((tag) => optionalText(tag, "Key") ?? "") };
}
