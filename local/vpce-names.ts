// The public DNS names of interface endpoints, and the hosted zone that AWS keeps them in for each Region.

import { createHash } from "node:crypto";

const ZONES: Readonly<Record<string, string>> = {
  "us-east-1": "Z7HUB22UULQXV",
  "us-east-2": "ZC8PG0KIFKBRI",
  "us-west-1": "Z12I86A8N7VCZO",
  "us-west-2": "Z1YSA3EXCYUU9Z",
  "eu-west-1": "Z38GZ743OKFT7T",
  "eu-west-2": "Z7K1066E3PUKB",
  "eu-central-1": "Z273ZU8SZ5RJPC",
};

/** AWS's own id where we know it, else one of the same form. */
export function vpceHostedZoneId(region: string): string {
  return ZONES[region] ?? `Z${createHash("sha256").update(`vpce ${region}`).digest("hex").slice(0, 13).toUpperCase()}`;
}

/** The Region that stands in an endpoint's name, or nothing when it is no endpoint's name. */
export function vpceRegionOf(dnsName: string): string | undefined {
  return /^(?:[^.]+\.){2}([a-z0-9-]+)\.vpce\.amazonaws\.com\.?$/i.exec(dnsName)?.[1]?.toLowerCase();
}

/** The Regional name first, then one for each availability zone. */
export function vpceDnsEntries(
  endpoint: { id: string; suffix: string; serviceId: string },
  region: string,
  availabilityZones: readonly string[],
): { DnsName: string; HostedZoneId: string }[] {
  const HostedZoneId = vpceHostedZoneId(region);
  const rest = `${endpoint.serviceId}.${region}.vpce.amazonaws.com`;
  const heads = [`${endpoint.id}-${endpoint.suffix}`, ...availabilityZones.map((zone) => `${endpoint.id}-${endpoint.suffix}-${zone}`)];
  return heads.map((head) => ({ DnsName: `${head}.${rest}`, HostedZoneId }));
}
