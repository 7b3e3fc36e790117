// What cannot be read or reached is set aside.

import { arrives, offered, type Story } from "./story.ts";
import { accounts, type World } from "../world.ts";

const { provider, umbrella } = accounts;
type Members = Readonly<Record<string, unknown>>;

export const failures: readonly Story[] = [
  {
    name: "an event that nobody can read comes over the bus: notify and slack set it aside",
    async tell(world) {
      const Entries = [
        { EventBusName: world.local.outputs["BusName"], Source: "drawbridge", DetailType: "ApprovalRequested", Detail: "{}" },
      ];
      await world.aws("events", "PutEvents", { Entries });
      await arrives(world, "NotifyFailures");
      await arrives(world, "SlackFailures");
    },
  },
  {
    name: "a row that nobody can read comes into the log: publish sets it aside and goes on",
    async tell(world) {
      const Item = { subject: { S: "connection#broken" }, seq: { S: "0000000001" }, event: { S: "broken" } };
      await world.aws("dynamodb", "PutItem", { TableName: world.idOf("AuditLogTable"), Item });
      await arrives(world, "PublishFailures");
    },
  },
  {
    name: "a setting that nobody can read stops the sweep: it is set aside",
    async tell(world) {
      const TableName = world.idOf("SettingsTable");
      const Key = { kind: { S: "service" }, id: { S: "broken" } };
      await world.aws("dynamodb", "PutItem", { TableName, Item: Key });
      await world.tick();
      await arrives(world, "SweepFailures");
      await world.aws("dynamodb", "DeleteItem", { TableName, Key });
    },
  },
  {
    name: "an alarm rings",
    async tell(world) {
      await world.local.ring("ObserveDeadLettersAlarm");
      await world.until("its mail", () => world.local.letters.some(({ to }) => to === "on-call@payments.example") || undefined);
    },
  },
  {
    name: "what the rules wake is gone: the events are kept for it",
    async tell(world) {
      const bus = world.local.outputs["BusName"];
      const put = (DetailType: string, detail: Members = {}): Promise<Members> =>
        world.aws("events", "PutEvents", {
          Entries: [{ EventBusName: bus, Source: "drawbridge", DetailType, Detail: JSON.stringify(detail) }],
        });
      for (const [rule, undelivered] of Object.entries(undeliveredOf)) await missTarget(world, rule, undelivered);
      await put("EntryAdded", { by: { kind: "operator" } });
      await put("ApprovalRequested");
      await put("ConnectionAvailable");
      await world.aws("ec2", "RejectVpcEndpointConnections", {
        ServiceId: (await world.offer()).id,
        VpcEndpointIds: ["vpce-0123456789abcdef0"],
      });
      await world.tick();
      for (const undelivered of Object.values(undeliveredOf)) await arrives(world, undelivered);
    },
  },
  {
    name: "the observe queue is gone: PrivateLink's notifications are kept for it",
    async tell(world, told) {
      await world.aws("sqs", "DeleteQueue", { QueueUrl: world.idOf("ObserveQueue") });
      await world.connect(umbrella, offered(told));
      await arrives(world, "ConnectionsUndelivered");
    },
  },
];

const undeliveredOf = {
  AdmitRule: "AdmitUndelivered",
  NotifyRule: "NotifyUndelivered",
  SlackRule: "SlackUndelivered",
  DnsRule: "DnsUndelivered",
  OutsideRule: "OutsideUndelivered",
  SweepSchedule: "SweepFailures",
  CheckpointSchedule: "CheckpointFailures",
  ArchiveRule: "ArchiveUndelivered",
} as const;

/** Points a rule at a queue that does not exist, as if its own were deleted. */
async function missTarget(world: World, rule: string, undelivered: string): Promise<void> {
  const [, path = ""] = world.arnOf(rule).split(":rule/");
  const [bus, name] = path.includes("/") ? path.split("/") : ["default", path];
  const Rule = name ?? "";
  const { Targets } = await world.aws("events", "ListTargetsByRule", { Rule, EventBusName: bus });
  const [target] = Targets as readonly Members[];
  const Arn = `arn:aws:sqs:eu-west-1:${provider}:gone`;
  const gone = { ...target, Arn, DeadLetterConfig: { Arn: world.arnOf(undelivered) } };
  await world.aws("events", "PutTargets", { Rule, EventBusName: bus, Targets: [gone] });
}
