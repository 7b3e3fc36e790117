// What an endpoint's consumer can see of it: its names and where they lead, its settings, and what passed.
import { isEnded } from "./acceptance.ts";
import { noTraffic, unreadable, type Finding } from "./finding.ts";
import { flowLogs, sources, written } from "./flow-logs.ts";
import { alone, groups, opening, type Attempt } from "./groups.ts";
import type { Ground } from "./ground.ts";
import { metrics } from "./metrics.ts";
import { ofConsumer, privateNameOf, type PrivateName } from "./private-name.ts";
import { reached, type Tried } from "./reached.ts";
import { addressesOf, vpcDns } from "./settings.ts";
import type { ConsumerSide } from "./sides.ts";

export async function consumerLooks(ground: Ground, side: ConsumerSide): Promise<readonly Finding[]> {
  const { ec2, region, asked } = ground;
  if (isEnded(side.state)) return [];
  const own = await orFinding("addresses", () => addressesOf(ec2, side));
  const privateName = await orFinding("private DNS name", () => privateNameOf(ec2, side));
  const known = { own: "finding" in own ? undefined : own.value, privateName: "finding" in privateName ? undefined : privateName.value };
  const tried = await tryNames(ground, side, known);
  const found = [...("finding" in own ? [own.finding] : []), ...tried.flatMap(({ findings }) => findings)];
  const watched = { region, vpc: side.vpc, subnets: side.subnets, interfaces: side.interfaces, port: asked.port };
  // Nothing passes before it is available: then there is nothing to find.
  const logs = side.state === "available" ? await written(ec2, watched) : undefined;
  const attempt = {
    ...(await attemptOf(ground, tried)),
    accepted: logs === undefined ? [] : sources(logs, asked.port, "ACCEPT"),
    rejected: logs === undefined ? [] : sources(logs, asked.port, "REJECT"),
  };
  found.push(...(await groups(ec2, side, asked.port, attempt)), ...(await vpcDns(ec2, side)));
  // The service's own name is one of several ways to it, and hinders none of the others.
  const nothing = noTraffic(found, asked.again);
  found.push("finding" in privateName ? privateName.finding : ofConsumer(side, privateName.value, region));
  if (logs === undefined) return found;
  const dropped = (source: string): string => opening({ ...side, port: asked.port }, alone(source));
  return [...found, flowLogs(logs, watched, { dropped, nothing }), ...(await metricsOf(ground, side, nothing))];
}

async function tryNames(
  { reach, region, first, asked }: Ground,
  consumer: ConsumerSide,
  known: { readonly own: readonly string[] | undefined; readonly privateName: PrivateName | undefined },
): Promise<readonly Tried[]> {
  const names = [...(consumer.target === undefined ? [] : [consumer.target.name]), ...asked.names];
  const tried: Tried[] = [];
  for (const name of names) tried.push(await reached(reach, { ...asked, ...known, name, region, first, consumer }));
  return tried;
}

/** One that got through says more than one that did not. */
async function attemptOf({ reach }: Ground, tried: readonly Tried[]): Promise<Pick<Attempt, "tcp" | "from">> {
  if (tried.some(({ tcp }) => tcp === "passed")) return { tcp: "passed", from: undefined };
  const silent = tried.find(({ tcp }) => tcp === "timed out");
  if (silent === undefined) return { tcp: "not tried", from: undefined };
  return { tcp: "timed out", from: await reach.addressTowards(silent.addresses[0] ?? "") };
}

function metricsOf({ cloudWatch }: Ground, { service, endpoint, vpc }: ConsumerSide, mend: string): Promise<readonly Finding[]> {
  const namespace = "AWS/PrivateLinkEndpoints";
  const dimensions = { "Endpoint Type": "Interface", "Service Name": service, "VPC Endpoint Id": endpoint, "VPC Id": vpc };
  const connections = { namespace, name: "NewConnections", dimensions };
  const bytes = { namespace, name: "BytesProcessed", dimensions };
  return metrics(cloudWatch, { about: "metrics of the endpoint", connections, bytes, mend });
}

/** What other looks stand on, or the line that says that it may not be read. */
async function orFinding<T>(about: string, look: () => Promise<T>): Promise<{ readonly value: T } | { readonly finding: Finding }> {
  try {
    return { value: await look() };
  } catch (error) {
    return { finding: unreadable(about, error) };
  }
}
