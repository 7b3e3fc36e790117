// What a name stands for inside a VPC: private zones, endpoints' names, load balancers' and instances' names, then public zones.
import type { NetworkInterface } from "../services/ec2-parts.ts";
import { interfacesOf } from "../services/ec2-interfaces.ts";
import { privateName } from "../services/ec2-instances.ts";
import { dnsEntries } from "../services/ec2-connections.ts";
import type { Ec2State, Endpoint, Vpc } from "../services/ec2-state.ts";
import { isWithin, normalName } from "../services/route53-names.ts";
import type { RecordSet, Zone } from "../services/route53-state.ts";

export interface NamesGround {
  readonly ec2: Ec2State;
  readonly zones: ReadonlyMap<string, Zone>;
}

export type RecordType = "A" | "AAAA";

const ALIASES_MAX = 8;

/** The addresses behind a name; `undefined` when there is no such name. An empty list: the name has none of this type. */
export function resolveName(ground: NamesGround, vpc: Vpc, name: string, type: RecordType, depth = 0): readonly string[] | undefined {
  // Without it, Amazon's resolver answers nothing in this VPC.
  if (!vpc.dnsSupport || depth > ALIASES_MAX) return undefined;
  const wanted = normalName(name);
  const zone = privateZone(ground, vpc, wanted);
  if (zone !== undefined) return inZone(ground, vpc, zone, wanted, type, depth);
  const ours = ofAws(ground, vpc, wanted);
  if (ours !== undefined) return type === "A" ? ours.map(({ address }) => address) : [];
  const open = longest([...ground.zones.values()].filter((one) => !one.isPrivate && isWithin(wanted, one.name)));
  return open === undefined ? undefined : inZone(ground, vpc, open, wanted, type, depth);
}

/** A private zone needs both DNS settings of the VPC; where it has no such name, nobody else is asked. */
function privateZone({ ec2, zones }: NamesGround, vpc: Vpc, name: string): Zone | undefined {
  if (!vpc.dnsHostnames) return undefined;
  const isOurs = ({ isPrivate, vpcs }: Zone): boolean =>
    isPrivate && vpcs.some(({ VPCId, VPCRegion }) => VPCId === vpc.id && VPCRegion === ec2.region);
  return longest([...zones.values()].filter((zone) => isOurs(zone) && isWithin(name, zone.name)));
}

const longest = (zones: readonly Zone[]): Zone | undefined => zones.toSorted((a, b) => b.name.length - a.name.length)[0];

function inZone(
  ground: NamesGround,
  vpc: Vpc,
  { records }: Zone,
  name: string,
  type: RecordType,
  depth: number,
): readonly string[] | undefined {
  const wildcard = `\\052.${name.split(".").slice(1).join(".")}`;
  const exact = [...records.values()].filter((record) => record.Name === name);
  const found = exact.length > 0 ? exact : [...records.values()].filter((record) => record.Name === wildcard);
  if (found.length === 0) return undefined;
  const record = found.find((one) => one.Type === type) ?? found.find((one) => one.Type === "CNAME");
  return record === undefined ? [] : behind(ground, vpc, record, type, depth);
}

function behind(ground: NamesGround, vpc: Vpc, record: RecordSet, type: RecordType, depth: number): readonly string[] | undefined {
  const next = record.AliasTarget?.DNSName ?? (record.Type === "CNAME" ? record.ResourceRecords?.[0]?.Value : undefined);
  if (next !== undefined) return resolveName(ground, vpc, next, type, depth + 1);
  return (record.ResourceRecords ?? []).map(({ Value }) => Value);
}

/** The names that AWS itself gives: of endpoints, of services' private DNS, of load balancers, of instances. */
function ofAws({ ec2 }: NamesGround, vpc: Vpc, name: string): readonly NetworkInterface[] | undefined {
  const bare = name.replace(/\.$/, "");
  for (const endpoint of ec2.endpoints.values()) {
    if (!hasNames(ec2, endpoint, vpc)) continue;
    const nics = interfacesOf(ec2, endpoint.id);
    if (isPrivateDnsName(endpoint, bare) && endpoint.vpcId === vpc.id) return nics;
    const at = dnsEntries(ec2, endpoint).findIndex(({ DnsName }) => DnsName === bare);
    if (at === 0) return nics;
    if (at > 0) return nics.filter(({ zone }) => bare.includes(`-${zone}.`));
  }
  for (const balancer of ec2.balancers.values()) if (balancer.dnsName.toLowerCase() === bare) return interfacesOf(ec2, balancer.arn);
  const own = [...ec2.interfaces.values()].filter((one) => one.vpcId === vpc.id && privateName(ec2, one) === bare);
  return own.length > 0 ? own : undefined;
}

/** From when it is first available until it is deleted; elsewhere than in its VPC by assumption. */
function hasNames(ec2: Ec2State, endpoint: Endpoint, vpc: Vpc): boolean {
  const isThere = endpoint.hasBeenAvailable && !endpoint.state.startsWith("delet");
  return isThere && (endpoint.vpcId === vpc.id || ec2.assumptions.endpointNamesResolveElsewhere);
}

function isPrivateDnsName({ privateDnsEnabled, service }: Endpoint, name: string): boolean {
  const own = service.privateDns?.name;
  if (!privateDnsEnabled || own === undefined) return false;
  return own.startsWith("*.") ? name.endsWith(own.slice(1)) : name === own;
}
