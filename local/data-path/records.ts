// What is written down of a connection: lines in flow logs, and metrics of the endpoint, its service and the load balancer.
import type { Clock } from "../service.ts";
import type { Count } from "../services/cloudwatch-metrics.ts";
import { flowLogsOf } from "../services/ec2-flow-logs.ts";
import type { LoadBalancer, NetworkInterface } from "../services/ec2-parts.ts";
import type { Ec2State } from "../services/ec2-state.ts";
import type { Leg, Way } from "./ways.ts";

export interface Recorder {
  readonly clock: Clock;
  readonly ec2: Ec2State;
  /** A line of a log group's stream. */
  readonly write: (account: string, group: string, stream: string, message: string) => void;
  readonly count: (count: Count) => void;
}

export interface Traffic {
  readonly begun: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

const TCP = 6;
const PACKET_BYTES = 1460;

export function recordWay(recorder: Recorder, way: Way, traffic: Traffic): void {
  for (const leg of way.legs) recordLeg(recorder, leg, traffic);
  if (!("failed" in way.end)) countWay(recorder, way, traffic.bytesIn + traffic.bytesOut);
  if (way.isTurnedAway === true && way.balancer !== undefined) countTurnedAway(recorder, way.balancer);
}

function countTurnedAway({ count }: Recorder, { owner, fullName }: LoadBalancer): void {
  const metric = "SecurityGroupBlockedFlowCount_Inbound_TCP";
  count({ account: owner, namespace: "AWS/NetworkELB", metric, dimensions: { LoadBalancer: fullName }, value: 1 });
}

function recordLeg(recorder: Recorder, leg: Leg, traffic: Traffic): void {
  const clientPort = 32_768 + Math.floor(Math.random() * 28_000);
  for (const { nic, action } of leg.seenBy) {
    const there = [leg.from.address, leg.to.address, clientPort, leg.port] as const;
    const back = [leg.to.address, leg.from.address, leg.port, clientPort] as const;
    write(recorder, nic, there, action === "ACCEPT" ? traffic.bytesOut : 60, action, traffic.begun);
    if (leg.seenBy.every((each) => each.action === "ACCEPT")) write(recorder, nic, back, traffic.bytesIn, action, traffic.begun);
  }
}

function write(
  { clock, ec2, write: put }: Recorder,
  nic: NetworkInterface,
  ends: readonly [string, string, number, number],
  bytes: number,
  action: "ACCEPT" | "REJECT",
  begun: number,
): void {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
  const [source, destination, sourcePort, destinationPort] = ends;
  const line = [2, nic.owner, nic.id, source, destination, sourcePort, destinationPort, TCP, packets, bytes];
  const text = [...line, seconds(begun), seconds(clock.now()), action, "OK"].join(" ");
  for (const { owner, logGroupName } of flowLogsOf(ec2, nic, action)) put(owner, logGroupName, `${nic.id}-all`, text);
}

function countWay({ count }: Recorder, { endpoint, balancer }: Way, bytes: number): void {
  const both = (
    account: string,
    namespace: string,
    names: readonly [string, string],
    dimensions: Readonly<Record<string, string>>,
  ): void => {
    count({ account, namespace, metric: names[0], dimensions, value: 1 });
    count({ account, namespace, metric: names[1], dimensions, value: bytes });
  };
  if (endpoint !== undefined) {
    const { service } = endpoint;
    both(endpoint.owner, "AWS/PrivateLinkEndpoints", ["NewConnections", "BytesProcessed"], {
      "Endpoint Type": "Interface",
      "Service Name": service.name,
      "VPC Endpoint Id": endpoint.id,
      "VPC Id": endpoint.vpcId,
    });
    const ofService = { "Service Id": service.id };
    both(service.owner, "AWS/PrivateLinkServices", ["NewConnections", "BytesProcessed"], ofService);
    both(service.owner, "AWS/PrivateLinkServices", ["NewConnections", "BytesProcessed"], { ...ofService, "VPC Endpoint Id": endpoint.id });
  }
  if (balancer !== undefined)
    both(balancer.owner, "AWS/NetworkELB", ["NewFlowCount", "ProcessedBytes"], { LoadBalancer: balancer.fullName });
}
