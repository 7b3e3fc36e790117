// The service's own private DNS name, from both sides: what it is, how far its proof is, and what switches it on.
import {
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicesCommand,
  type EC2Client,
  type PrivateDnsNameConfiguration,
} from "@aws-sdk/client-ec2";

import { proofName, switchOn } from "../../lib/private-dns.ts";
import { failed, looked, needing, ok, type Finding } from "./finding.ts";
import type { ConsumerSide } from "./sides.ts";
import type { Wanted } from "./wanted.ts";

export interface PrivateName {
  readonly names: readonly string[];
  /** `pendingVerification`, `verified` or `failed`: consumers may use the names only while it is `verified`. */
  readonly state: string;
}

const about = "private DNS name";

/** As the consumer sees it; nothing when the service has none. */
export async function privateNameOf(ec2: EC2Client, { service }: ConsumerSide): Promise<PrivateName | undefined> {
  const asked = new DescribeVpcEndpointServicesCommand({ ServiceNames: [service] });
  const { ServiceDetails: [detail] = [] } = await needing("ec2:DescribeVpcEndpointServices", () => ec2.send(asked));
  const listed = (detail?.PrivateDnsNames ?? []).flatMap(({ PrivateDnsName }) => PrivateDnsName ?? []);
  const names = [...new Set([...(detail?.PrivateDnsName === undefined ? [] : [detail.PrivateDnsName]), ...listed])];
  return names.length === 0 ? undefined : { names, state: detail?.PrivateDnsNameVerificationState ?? "unknown" };
}

/** `*.pay.example.com` stands for every name below it. */
export const isNamed = ({ names }: PrivateName, name: string): boolean =>
  names.some((one) => (one.startsWith("*.") ? name.endsWith(one.slice(1)) : name === one));

/** Why such a name does not resolve although the endpoint is available. */
export function whyNotThere({ name, endpoint, consumer, region, again }: Wanted, privateName: PrivateName): Finding {
  const message = `${name} does not resolve: it is the service's own private DNS name`;
  if (privateName.state !== "verified")
    return failed("name", `${message}, and the provider has not proved it yet (${privateName.state})`, provedBy(consumer));
  if (consumer?.privateDns !== true)
    return failed("name", `${message}, and private DNS is off at the endpoint`, switchOn(endpoint, region));
  return failed("name", `${message}, and it is on at the endpoint`, `run this inside ${consumer.vpc} (docs/walkthrough.md): ${again}`);
}

const provedBy = (consumer: ConsumerSide | undefined): string =>
  `the provider sees how far it is: drawbridge services private-dns ${consumer?.serviceId ?? ""}`;

export function ofConsumer(side: ConsumerSide, privateName: PrivateName | undefined, region: string): Finding {
  if (privateName === undefined) return ok(about, "the service has none of its own, so that there is none to switch on");
  const shown = privateName.names.join(", ");
  const isVerified = privateName.state === "verified";
  if (side.privateDns)
    return isVerified
      ? ok(about, `${shown} is on`)
      : failed(about, `${shown} is on, and may be used only while the provider's proof holds: it is ${privateName.state}`, provedBy(side));
  if (!isVerified) return ok(about, `off; ${shown} is not verified by the provider yet (${privateName.state})`);
  if (side.state === "pendingAcceptance") return ok(about, `off; ${shown} can be switched on once the connection is accepted`);
  return ok(about, `off; ${shown} can be switched on with ${switchOn(side.endpoint, region)}`);
}

/** As its provider sees it, with the proof that AWS looks for. */
export function ofProvider(ec2: EC2Client, serviceId: string): Promise<readonly Finding[]> {
  return looked(about, async () => {
    const asked = new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [serviceId] });
    const { ServiceConfigurations: [one] = [] } = await needing("ec2:DescribeVpcEndpointServiceConfigurations", () => ec2.send(asked));
    const name = one?.PrivateDnsName;
    const proof = one?.PrivateDnsNameConfiguration;
    if (name === undefined) return [ok(about, "the service has none of its own")];
    if (proof?.State === "verified") return [ok(about, `${name} is verified: accepted consumers may switch it on`)];
    return [notProved(serviceId, name, proof ?? {})];
  });
}

function notProved(
  serviceId: string,
  name: string,
  { State: state = "pendingVerification", Name: label = "", Value: value = "" }: PrivateDnsNameConfiguration,
): Finding {
  const byHand = `publish ${proofName(name, { label, value })} TXT "${value}", then aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id ${serviceId}`;
  return failed(
    about,
    `${name} is ${state}: no consumer can use it`,
    `drawbridge services private-dns ${serviceId} says how far it is, and with --name ${name} has Drawbridge prove it; by hand: ${byHand}`,
  );
}
