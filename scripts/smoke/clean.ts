// Removing everything that a smoke run made, by its note and by its tag; safe to repeat.
import {
  DeleteVpcEndpointConnectionNotificationsCommand,
  DeleteVpcEndpointServiceConfigurationsCommand,
  DeleteVpcEndpointsCommand,
  paginateDescribeVpcEndpointConnectionNotifications,
  paginateDescribeVpcEndpointConnections,
  paginateDescribeVpcEndpoints,
  paginateDescribeVpcEndpointServiceConfigurations,
  RejectVpcEndpointConnectionsCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import {
  ChangeResourceRecordSetsCommand,
  DeleteHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import type { Clients } from "./clients.ts";
import { tagKey, type Made, type Thing } from "./made.ts";
import { deleteStack } from "./stacks.ts";
import type { Steps, Wait } from "./steps.ts";

const MINUTE = 60_000;

/** Last made, first removed. Gives what is still there, with the reason. */
export async function clean(clients: Clients, made: Made, steps: Steps): Promise<readonly string[]> {
  const left: string[] = [];
  for (const thing of orderOf(made.note.things)) {
    const name = nameOf(thing);
    try {
      await steps.need(`removed: ${name}`, 20 * MINUTE, (wait) => remove(clients, made.note.run, thing, wait));
      made.gone(thing);
    } catch (error) {
      left.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return left;
}

/** Endpoints hold services, services hold load balancers, Drawbridge's code lies in the world's bucket. */
function orderOf(things: readonly Thing[]): readonly Thing[] {
  const first: readonly Thing["kind"][] = ["endpoint", "notification", "service"];
  const rank = ({ kind }: Thing): number => (first.includes(kind) ? first.indexOf(kind) : first.length);
  return things.toReversed().sort((a, b) => rank(a) - rank(b));
}

function nameOf(thing: Thing): string {
  if (thing.kind === "stack") return `the stack ${thing.name}`;
  if (thing.kind === "zone") return `the hosted zone ${thing.name}`;
  if (thing.kind === "records") return `the records of ${thing.name} in the hosted zone ${thing.zone}`;
  return `${thing.kind} ${thing.id ?? "of this run"}`;
}

async function remove(clients: Clients, run: string, thing: Thing, wait: Wait): Promise<void> {
  if (thing.kind === "stack") return deleteStack(clients, thing.name, wait);
  if (thing.kind === "endpoint")
    return removeEndpoints(thing.region === undefined ? clients.consumer : clients.consumerIn(thing.region), run, wait);
  if (thing.kind === "notification") return removeNotifications(clients.ec2, await servicesOf(clients.ec2, run));
  if (thing.kind === "service") return removeServices(clients.ec2, run, wait);
  if (thing.kind === "records")
    return removeRecords(clients.route53, thing.zone, (name) => name.split(".").includes(thing.name) || name === thing.mark);
  return removeZone(clients.route53, thing.name);
}

const ofRun = (run: string) => [{ Name: `tag:${tagKey}`, Values: [run] }];

/** All of the run at once: it is the tag that counts, an id may never have been written down. */
async function removeEndpoints(consumer: EC2Client, run: string, wait: Wait): Promise<void> {
  const standing = async (): Promise<{ readonly id: string; readonly state: string }[]> => {
    const found: { id: string; state: string }[] = [];
    for await (const { VpcEndpoints = [] } of paginateDescribeVpcEndpoints({ client: consumer }, { Filters: ofRun(run) }))
      for (const { VpcEndpointId = "", State = "" } of VpcEndpoints) found.push({ id: VpcEndpointId, state: State.toLowerCase() });
    return found.filter(({ state }) => state !== "deleted");
  };
  const VpcEndpointIds = (await standing()).filter(({ state }) => state !== "deleting").map(({ id }) => id);
  if (VpcEndpointIds.length > 0) {
    const { Unsuccessful = [] } = await consumer.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds }));
    const refused = Unsuccessful.find(({ Error: error }) => error?.Code?.endsWith(".NotFound") !== true);
    if (refused !== undefined)
      throw new Error(`${refused.ResourceId ?? "?"}: ${refused.Error?.Code ?? "?"}: ${refused.Error?.Message ?? "?"}`);
  }
  await wait.until("the end of the endpoints", async () => ((await standing()).length === 0 ? true : undefined));
}

async function servicesOf(ec2: EC2Client, run: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { ServiceConfigurations = [] } of paginateDescribeVpcEndpointServiceConfigurations(
    { client: ec2 },
    { Filters: ofRun(run) },
  ))
    for (const { ServiceId, ServiceState = "" } of ServiceConfigurations)
      if (ServiceId !== undefined && !/^delet/i.test(ServiceState)) found.push(ServiceId);
  return found;
}

/** Drawbridge's own too: it is not part of its stack. */
async function removeNotifications(ec2: EC2Client, services: readonly string[]): Promise<void> {
  if (services.length === 0) return;
  const Filters = [{ Name: "service-id", Values: [...services] }];
  const ids: string[] = [];
  for await (const { ConnectionNotificationSet = [] } of paginateDescribeVpcEndpointConnectionNotifications({ client: ec2 }, { Filters }))
    for (const { ConnectionNotificationId } of ConnectionNotificationSet)
      if (ConnectionNotificationId !== undefined) ids.push(ConnectionNotificationId);
  if (ids.length > 0) await ec2.send(new DeleteVpcEndpointConnectionNotificationsCommand({ ConnectionNotificationIds: ids }));
}

async function removeServices(ec2: EC2Client, run: string, wait: Wait): Promise<void> {
  const ServiceIds = [...(await servicesOf(ec2, run))];
  if (ServiceIds.length === 0) return;
  await removeNotifications(ec2, ServiceIds);
  for (const ServiceId of ServiceIds) await rejectOpen(ec2, ServiceId);
  await wait.until("the end of the service", async () => {
    const { Unsuccessful = [] } = await ec2.send(new DeleteVpcEndpointServiceConfigurationsCommand({ ServiceIds }));
    const refused = Unsuccessful.find(({ Error: error }) => error?.Code?.endsWith(".NotFound") !== true);
    if (refused !== undefined) throw new Error(`${refused.Error?.Code ?? "?"}: ${refused.Error?.Message ?? "?"}`);
    return (await servicesOf(ec2, run)).length === 0 ? true : undefined;
  });
}

/** AWS keeps a service while a connection is open. */
async function rejectOpen(ec2: EC2Client, ServiceId: string): Promise<void> {
  const open: string[] = [];
  const Filters = [{ Name: "service-id", Values: [ServiceId] }];
  for await (const { VpcEndpointConnections = [] } of paginateDescribeVpcEndpointConnections({ client: ec2 }, { Filters }))
    for (const { VpcEndpointId, VpcEndpointState = "" } of VpcEndpointConnections)
      if (VpcEndpointId !== undefined && /^(pendingAcceptance|pending|available)$/i.test(VpcEndpointState)) open.push(VpcEndpointId);
  if (open.length > 0) await ec2.send(new RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: open }));
}

async function removeZone(route53: Route53Client, name: string): Promise<void> {
  const { HostedZones = [] } = await route53.send(new ListHostedZonesByNameCommand({ DNSName: name }));
  for (const { Id, Name } of HostedZones) {
    if (Id === undefined || Name !== `${name}.`) continue;
    await removeRecords(route53, Id, () => true);
    await route53.send(new DeleteHostedZoneCommand({ Id }));
  }
}

async function removeRecords(route53: Route53Client, HostedZoneId: string, isOurs: (name: string) => boolean): Promise<void> {
  const ours: ResourceRecordSet[] = [];
  let from: { StartRecordName?: string } | undefined = {};
  while (from !== undefined) {
    const page: ListResourceRecordSetsCommandOutput = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...from }));
    ours.push(...(page.ResourceRecordSets ?? []).filter(({ Name, Type }) => Type !== "NS" && Type !== "SOA" && isOurs(Name ?? "")));
    from = page.IsTruncated === true && page.NextRecordName !== undefined ? { StartRecordName: page.NextRecordName } : undefined;
  }
  // A page begins with the name it was asked from, so a record may be on two.
  const once = new Map(ours.map((set) => [`${set.Name ?? ""} ${set.Type ?? ""}`, set]));
  const Changes = [...once.values()].map((set) => ({ Action: "DELETE" as const, ResourceRecordSet: set }));
  if (Changes.length > 0) await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
}
