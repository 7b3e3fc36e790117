// AWS CloudFormation: stacks brought up, changed in place and taken down through change sets, and everything that tells of them.
import { randomUUID } from "node:crypto";

import type { InFlight } from "../in-flight.ts";
import { flag, optionalText, text, texts } from "../members.ts";
import { AwsError, type Call, type Caller, type Clock, type Service } from "../service.ts";
import type { Stack } from "../template/standing.ts";
import type { Workshop } from "../template/workshop.ts";
import { changeSetOf, createChangeSet } from "./cloudformation-change-sets.ts";
import { execute, remove } from "./cloudformation-execute.ts";
import { describeChangeSet, describeStack, eventRow, listedStack, resourceRows, rowsAround, summaryRows } from "./cloudformation-shown.ts";
import type { ChangeSet, Held } from "./cloudformation-stacks.ts";
import { summaryOf, validated, type TemplateSources } from "./cloudformation-templates.ts";

export interface CloudFormationService extends Service {
  /** A stack that was brought up beside the wire. */
  add(stack: Stack, workshop: Workshop): void;
  /** Where stacks are built; known once everything that they are made of is there. */
  connect(open: (name: string, caller: Caller) => Workshop): void;
  /** All that are up, the newest first. */
  standing(): readonly Stack[];
  /** The newest stack that is up, one without a network of its own before any other. */
  latest(): Stack | undefined;
}

interface Options extends TemplateSources {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly region: string;
}

export function createCloudFormation(options: Options): CloudFormationService {
  const stacks: Held[] = [];
  let open: ((name: string, caller: Caller) => Workshop) | undefined;
  const find = (call: Pick<Call, "caller">, wanted: string): Held | undefined =>
    stacks.find(
      ({ place, status }) =>
        place.account === call.caller.account && (place.id === wanted || (place.name === wanted && status !== "DELETE_COMPLETE")),
    );
  const found = (call: Call, wanted = text(call.input, "StackName")): Held => {
    const held = find(call, wanted);
    if (held === undefined) throw new AwsError("ValidationError", `Stack with id ${wanted} does not exist`);
    return held;
  };
  const begin = (name: string, account: string): Held => {
    const id = `arn:aws:cloudformation:${options.region}:${account}:stack/${name}/${randomUUID()}`;
    const held: Held = {
      place: {
        name,
        id,
        account,
        region: options.region,
      },
      status: "REVIEW_IN_PROGRESS",
      reason: undefined,
      template: undefined,
      stack: undefined,
      given: {},
      workshop: undefined,
      createdAt: options.clock.now(),
      events: [],
      changeSets: new Map<string, ChangeSet>(),
      kept: [],
    };
    stacks.unshift(held);
    return held;
  };
  const workshopOf = (held: Held, caller: Caller): Workshop => {
    if (open === undefined) throw new AwsError("InternalFailure", "Local AWS is not up yet.", 500);
    const workshop = (held.workshop ??= { ...open(held.place.name, caller), stack: held.place });
    workshop.actAs(caller);
    return workshop;
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    DescribeStacks(call) {
      const one = optionalText(call.input, "StackName") !== undefined;
      const mine = one
        ? [found(call)]
        : stacks.filter(({ place, status }) => place.account === call.caller.account && status !== "DELETE_COMPLETE");
      return { Stacks: mine.map(describeStack) };
    },
    ListStacks(call) {
      const wanted = texts(call.input, "StackStatusFilter");
      const mine = stacks.filter(
        ({ place, status }) => place.account === call.caller.account && (wanted.length === 0 || wanted.includes(status)),
      );
      return { StackSummaries: mine.map(listedStack) };
    },
    ListStackResources: (call) => ({ StackResourceSummaries: summaryRows(found(call)) }),
    DescribeStackResources(call) {
      const logicalId = optionalText(call.input, "LogicalResourceId");
      const physicalId = optionalText(call.input, "PhysicalResourceId");
      const all =
        physicalId === undefined
          ? resourceRows(found(call))
          : rowsAround(
              physicalId,
              stacks.filter(({ place }) => place.account === call.caller.account),
            );
      if (all === undefined) throw new AwsError("ValidationError", `Stack for ${physicalId ?? ""} does not exist`);
      return { StackResources: all.filter((row) => logicalId === undefined || row.LogicalResourceId === logicalId) };
    },
    DescribeStackEvents(call) {
      const { place, events } = found(call);
      return { StackEvents: events.map((event) => eventRow(place, event)).toReversed() };
    },
    GetTemplate: (call) => ({ TemplateBody: JSON.stringify(found(call).template?.source ?? {}), StagesAvailable: ["Original"] }),
    GetTemplateSummary: (call) => summaryOf(call.input, options, (name) => found(call, name)),
    ValidateTemplate: (call) => validated(call.input, options),
    CreateChangeSet: (call) => createChangeSet(call, options, find, begin),
    DescribeChangeSet: (call) => describeChangeSet(...changeSetOf(call, stacks)),
    DeleteChangeSet(call) {
      const [held, set] = changeSetOf(call, stacks);
      held.changeSets.delete(set.name);
      return {};
    },
    ExecuteChangeSet(call) {
      const [held, set] = changeSetOf(call, stacks);
      if (set.executed !== "AVAILABLE")
        throw new AwsError("InvalidChangeSetStatus", `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]`);
      set.executed = "EXECUTE_COMPLETE";
      held.changeSets.clear();
      void options.inFlight.track(execute(held, set, workshopOf(held, call.caller), options.clock));
      return {};
    },
    UpdateTerminationProtection(call) {
      const held = found(call);
      held.isProtected = flag(call.input, "EnableTerminationProtection");
      return { StackId: held.place.id };
    },
    DeleteStack(call) {
      const held = find(call, text(call.input, "StackName"));
      if (held === undefined || /^DELETE_(COMPLETE|IN_PROGRESS)$/.test(held.status)) return {};
      if (held.isProtected === true)
        throw new AwsError("ValidationError", `Stack [${held.place.name}] cannot be deleted while TerminationProtection is enabled`);
      if (/^(UPDATE|IMPORT)_.*IN_PROGRESS$/.test(held.status))
        throw new AwsError("ValidationError", `Stack [${held.place.name}] cannot be deleted while in status ${held.status}`);
      const retain = new Set(texts(call.input, "RetainResources"));
      void options.inFlight.track(remove(held, retain, workshopOf(held, call.caller), options.clock));
      return {};
    },
  };
  const standing = (): readonly Stack[] =>
    stacks.flatMap(({ stack, status }) => (stack === undefined || status === "DELETE_COMPLETE" ? [] : [stack]));
  return {
    signingName: "cloudformation",
    actions: new Set(Object.keys(actions)),
    demands(call) {
      const set = optionalText(call.input, "ChangeSetName");
      // A change set that is named by its ARN alone: IAM is asked about its stack.
      const itsStack = (): string | undefined =>
        stacks.find(({ changeSets }) => [...changeSets.values()].some(({ id }) => id === set))?.place.id;
      const wanted = optionalText(call.input, "StackName") ?? itsStack() ?? set;
      const place = wanted === undefined ? undefined : find(call, wanted)?.place;
      const named = wanted?.startsWith("arn:") === true ? wanted : undefined;
      const made = `arn:aws:cloudformation:${options.region}:${call.caller.account}:stack/${wanted ?? ""}/*`;
      return [{ action: `cloudformation:${call.action}`, resource: wanted === undefined ? "*" : (place?.id ?? named ?? made) }];
    },
    handle: (call) => actions[call.action]?.(call),
    add(stack, workshop) {
      const { clock } = options;
      const place = { ...workshop.stack };
      const held: Held = {
        place,
        status: "CREATE_COMPLETE",
        reason: undefined,
        template: stack.template,
        stack,
        given: asGiven(stack),
        workshop,
        createdAt: clock.now(),
        events: [],
        changeSets: new Map<string, ChangeSet>(),
        kept: [],
      };
      stacks.unshift(held);
    },
    connect: (opener) => void (open = opener),
    standing,
    latest() {
      const all = standing();
      // A network beside it, such as the walkthrough's, is not the deployment.
      return all.find(({ resources }) => !resources.some(({ type }) => type === "AWS::EC2::VPC")) ?? all[0];
    },
  };
}

const asGiven = ({ parameters }: Stack): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, typeof value === "string" ? value : value.join(",")]));
