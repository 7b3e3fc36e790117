// AWS CloudFormation: telling of the stack that is up, so that programs find what it made. It creates nothing over the wire.
import { optionalText } from "../members.ts";
import { AwsError, type Call, type Service } from "../service.ts";
import type { Stack } from "../template/stack.ts";

export interface CloudFormationService extends Service {
  add(stack: Stack): void;
}

export function createCloudFormation(): CloudFormationService {
  const stacks: Stack[] = [];
  const found = (call: Call): Stack => {
    const wanted = optionalText(call.input, "StackName");
    const stack = stacks.find((one) => one.account === call.caller.account && (one.name === wanted || one.id === wanted));
    if (stack === undefined) throw new AwsError("ValidationError", `Stack with id ${wanted ?? ""} does not exist`);
    return stack;
  };
  const rowsOf = (stack: Stack) =>
    stack.resources.map((resource) => ({
      LogicalResourceId: resource.logicalId,
      PhysicalResourceId: resource.physicalId,
      ResourceType: resource.type,
      ResourceStatus: "CREATE_COMPLETE",
      Timestamp: new Date(stack.createdAt),
    }));
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    DescribeStacks(call) {
      const one = optionalText(call.input, "StackName") !== undefined;
      const mine = one ? [found(call)] : stacks.filter((stack) => stack.account === call.caller.account);
      return { Stacks: mine.map(describe) };
    },
    ListStackResources: (call) => ({
      StackResourceSummaries: rowsOf(found(call)).map(({ Timestamp, ...row }) => ({ ...row, LastUpdatedTimestamp: Timestamp })),
    }),
    DescribeStackResources(call) {
      const stack = found(call);
      const logicalId = optionalText(call.input, "LogicalResourceId");
      const rows = rowsOf(stack).filter((row) => logicalId === undefined || row.LogicalResourceId === logicalId);
      return { StackResources: rows.map((row) => ({ StackId: stack.id, StackName: stack.name, ...row })) };
    },
  };
  return {
    signingName: "cloudformation",
    actions: new Set(Object.keys(actions)),
    demands: (call) => [{ action: `cloudformation:${call.action}`, resource: resourceOf(call, stacks) }],
    handle: (call) => actions[call.action]?.(call),
    add: (stack) => void stacks.push(stack),
  };
}

function resourceOf(call: Call, stacks: readonly Stack[]): string {
  const wanted = optionalText(call.input, "StackName");
  return stacks.find((stack) => stack.name === wanted || stack.id === wanted)?.id ?? "*";
}

function describe(stack: Stack): Readonly<Record<string, unknown>> {
  return {
    StackId: stack.id,
    StackName: stack.name,
    StackStatus: "CREATE_COMPLETE",
    CreationTime: new Date(stack.createdAt),
    Parameters: Object.entries(stack.parameters).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: typeof value === "string" ? value : value.join(","),
    })),
    Outputs: stack.outputs.map(({ key, value, description }) => ({
      OutputKey: key,
      OutputValue: value,
      ...(description === undefined ? {} : { Description: description }),
    })),
  };
}
