// What the command doctor looks at with the caller's own AWS credentials: what the API's role may not know. Loaded by it alone.

import type { Stack } from "@aws-sdk/client-cloudformation";
import { sameMailbox } from "../lib/approver.ts";
import type { Finding } from "../lib/operator/doctor.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { waysBack } from "../lib/operator/set-aside.ts";

/** Physical ids by the names of the template. */
type Resources = ReadonlyMap<string, { readonly id: string; readonly type: string }>;
type Deployment = Pick<DeploymentShown, "region" | "bus" | "queues">;

/** Every look is taken; one that AWS refuses says which permission it lacks. */
export async function look(deployment: Deployment): Promise<Finding[]> {
  const stack = deployment.bus;
  const resources = await attempt("stack", "cloudformation:ListStackResources", () => resourcesOf(deployment.region, stack));
  const queues = await setAside(deployment);
  if ("about" in resources) return [resources, ...queues];
  const { region } = deployment;
  const looks = await Promise.all([
    lookAtStack(region, stack),
    alarmMail(region, stack, resources),
    mappings(region, resources),
    rules(region, stack, resources),
    alarms(region, resources),
  ]);
  return [...looks.flat(), ...queues];
}

async function attempt<T extends object>(about: string, permission: string, work: () => Promise<T>): Promise<T | Finding> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const isDenied = /AccessDenied|NotAuthorized|Unauthorized|AuthorizationError|not authorized/i.test(`${name} ${message}`);
    if (!isDenied) return { about, state: "not readable", message: `${name}: ${message}` };
    return {
      about,
      state: "not readable",
      message: `your credentials lack ${permission}`,
      mend: "attach the stack's policy OperatorPolicyArn to your role",
    };
  }
}

const found = async (about: string, permission: string, work: () => Promise<Finding[]>): Promise<Finding[]> => {
  const result = await attempt(about, permission, work);
  return "about" in result ? [result] : result;
};

async function resourcesOf(region: string, stack: string): Promise<Resources> {
  const { CloudFormationClient, paginateListStackResources } = await import("@aws-sdk/client-cloudformation");
  const resources = new Map<string, { id: string; type: string }>();
  for await (const page of paginateListStackResources({ client: new CloudFormationClient({ region }) }, { StackName: stack }))
    for (const { LogicalResourceId = "", PhysicalResourceId = "", ResourceType = "" } of page.StackResourceSummaries ?? [])
      resources.set(LogicalResourceId, { id: PhysicalResourceId, type: ResourceType });
  return resources;
}

async function stackOf(region: string, StackName: string): Promise<Stack | undefined> {
  const { CloudFormationClient, DescribeStacksCommand } = await import("@aws-sdk/client-cloudformation");
  return (await new CloudFormationClient({ region }).send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
}

async function lookAtStack(region: string, StackName: string): Promise<Finding[]> {
  return found("stack", "cloudformation:DescribeStacks", async () => {
    const status = (await stackOf(region, StackName))?.StackStatus ?? "unknown";
    const finding = { about: "stack", message: `${StackName} is ${status}` };
    if (status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE" || status.endsWith("_IN_PROGRESS"))
      return [{ ...finding, state: "ok" }];
    return [
      {
        ...finding,
        state: "failed",
        message: `${finding.message}: the last deployment did not go through, the one before it runs`,
        mend: `see why with aws cloudformation describe-stack-events --stack-name ${StackName}, then npm run deploy`,
      },
    ];
  });
}

/** Approvers' addresses are looked at by the deployment itself; who gets its alarms it does not know. */
async function alarmMail(region: string, stack: string, resources: Resources): Promise<Finding[]> {
  const TopicArn = resources.get("AlarmsTopic")?.id ?? "";
  return found("alarms", "sns:ListSubscriptionsByTopic", async () => {
    const { SNSClient, paginateListSubscriptionsByTopic } = await import("@aws-sdk/client-sns");
    const all = [];
    for await (const page of paginateListSubscriptionsByTopic({ client: new SNSClient({ region }) }, { TopicArn }))
      all.push(...(page.Subscriptions ?? []));
    const wanted = (await stackOf(region, stack))?.Parameters?.find(({ ParameterKey }) => ParameterKey === "AlarmEmail")?.ParameterValue;
    const isListed = all.some(({ Endpoint = "" }) => wanted !== undefined && sameMailbox(Endpoint, wanted));
    const waiting = all.filter(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation");
    const confirmed = all.length - waiting.length;
    const subscribe = (protocol: string, address: string): string =>
      `aws sns subscribe --topic-arn ${TopicArn} --protocol ${protocol} --notification-endpoint ${address}`;
    const failed = (message: string, mend: string): Finding => ({ about: "alarms", state: "failed", message, mend });
    if (all.length === 0 && (wanted ?? "") === "")
      return [failed("nobody is subscribed", "set alarmEmail in drawbridge.config.yml, then npm run deploy")];
    return [
      ...(confirmed > 0 ? [{ about: "alarms", state: "ok" as const, message: `${String(confirmed)} confirmed` }] : []),
      ...waiting.map(({ Protocol = "email", Endpoint = "" }) =>
        failed(`${Endpoint} has not confirmed: nothing is sent there`, subscribe(Protocol, Endpoint)),
      ),
      ...(isListed || wanted === undefined || wanted === ""
        ? []
        : [failed(`${wanted} is not subscribed any more: nothing is sent there`, subscribe("email", wanted))]),
    ];
  });
}

/** Admit and dns are held by `npm run deploy -- pause`. */
const pausable = /^(Admit|Dns)EventSourceMapping/;

async function mappings(region: string, resources: Resources): Promise<Finding[]> {
  return found("functions", "lambda:GetEventSourceMapping", async () => {
    const { GetEventSourceMappingCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
    const client = new LambdaClient({ region });
    const all = await Promise.all(
      [...resources]
        .filter(([, { type }]) => type === "AWS::Lambda::EventSourceMapping")
        .map(async ([logicalId, { id }]) => ({ logicalId, id, ...(await client.send(new GetEventSourceMappingCommand({ UUID: id }))) })),
    );
    const off = all.filter(({ State }) => State === "Disabled" || State === "Disabling");
    if (off.length === 0) return [{ about: "functions", state: "ok", message: `${String(all.length)} sources wake them` }];
    return off.map(({ logicalId, id }): Finding => {
      const name = logicalId.replace(/EventSourceMapping.*/, "").toLowerCase();
      const isPaused = pausable.test(logicalId);
      return {
        about: name,
        state: "failed",
        message: isPaused ? "paused: what it should do waits in its queue" : "switched off: nothing wakes it",
        mend: isPaused ? "npm run deploy -- resume" : `aws lambda update-event-source-mapping --uuid ${id} --enabled`,
      };
    });
  });
}

async function rules(region: string, bus: string, resources: Resources): Promise<Finding[]> {
  return found("rules", "events:DescribeRule", async () => {
    const { DescribeRuleCommand, EventBridgeClient } = await import("@aws-sdk/client-eventbridge");
    const client = new EventBridgeClient({ region });
    const all = await Promise.all(
      [...resources]
        .filter(([, { type }]) => type === "AWS::Events::Rule")
        .map(async ([logicalId, { id }]) => {
          // On a bus of its own, CloudFormation's id of a rule is `bus|name`.
          const Name = id.split("|").at(-1) ?? id;
          const place = onDefaultBus.has(logicalId) ? {} : { EventBusName: bus };
          return { logicalId, Name, place, ...(await client.send(new DescribeRuleCommand({ Name, ...place }))) };
        }),
    );
    const off = all.filter(({ State }) => State === "DISABLED");
    if (off.length === 0) return [{ about: "rules", state: "ok", message: `${String(all.length)} are on` }];
    return off.map(({ logicalId, Name, place }): Finding => ({
      about: logicalId,
      state: "failed",
      message: "the rule is switched off",
      mend: `aws events enable-rule --name ${Name ?? ""}${"EventBusName" in place ? ` --event-bus-name ${place.EventBusName}` : ""}`,
    }));
  });
}

/** AWS's own events and the clock come on the default bus. */
const onDefaultBus = new Set(["OutsideRule", "SweepSchedule", "CheckpointSchedule"]);

async function alarms(region: string, resources: Resources): Promise<Finding[]> {
  const named = new Map(
    [...resources].filter(([, { type }]) => type === "AWS::CloudWatch::Alarm").map(([logicalId, { id }]) => [id, logicalId]),
  );
  return found("alarms", "cloudwatch:DescribeAlarms", async () => {
    const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
    const all = [];
    const client = new CloudWatchClient({ region });
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNames: [...named.keys()] })) all.push(...(page.MetricAlarms ?? []));
    const ringing = all.filter(({ StateValue }) => StateValue === "ALARM");
    const quiet = all.length - ringing.length;
    return [
      ...ringing.map(({ AlarmName = "", AlarmDescription = "" }): Finding => {
        const alarm = named.get(AlarmName) ?? AlarmName;
        return { about: alarm, state: "failed", message: AlarmDescription, mend: `see ${alarm} in docs/runbook.md` };
      }),
      ...(quiet > 0 ? [{ about: "alarms", state: "ok" as const, message: `${String(quiet)} are quiet` }] : []),
    ];
  });
}

async function setAside({ region, queues }: Deployment): Promise<Finding[]> {
  return found("set aside", "sqs:GetQueueAttributes", async () => {
    const [{ SQSClient }, { setAsideMessages }] = await Promise.all([
      import("@aws-sdk/client-sqs"),
      import("../lib/aws/set-aside-queue.ts"),
    ]);
    const messages = setAsideMessages(new SQSClient({ region }));
    const counted = await Promise.all(
      Object.keys(waysBack).map(async (queue) => ({ queue, count: await messages.count(queues[queue] ?? "") })),
    );
    const held = counted.filter(({ count }) => count > 0);
    if (held.length === 0) return [{ about: "set aside", state: "ok", message: "nothing waits in the queues of last resort" }];
    return held.map(({ queue, count }): Finding => ({
      about: queue,
      state: "failed",
      message: `${String(count)} ${count === 1 ? "message was" : "messages were"} set aside`,
      mend: `npx drawbridge redrive ${queue}`,
    }));
  });
}
