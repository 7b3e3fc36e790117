// An endpoint service's private DNS name, as EC2 shows, sets and verifies it.

import {
  ModifyVpcEndpointServiceConfigurationCommand,
  StartVpcEndpointServicePrivateDnsVerificationCommand,
  type EC2Client,
  type ServiceConfiguration,
} from "@aws-sdk/client-ec2";
import type { ServiceId } from "../ids.ts";
import type { PrivateDnsFacts } from "../private-dns.ts";
import { calling } from "./errors.ts";

export function privateDnsOf({ PrivateDnsName, PrivateDnsNameConfiguration: shown }: ServiceConfiguration): PrivateDnsFacts | undefined {
  if (PrivateDnsName === undefined || PrivateDnsName === "") return undefined;
  const { State = "unknown", Name = "", Value = "" } = shown ?? {};
  return { name: PrivateDnsName, state: State, ...(Name === "" || Value === "" ? {} : { proof: { label: Name, value: Value } }) };
}

/** Without a name, the one there is is taken away. */
export async function setPrivateDnsName(client: EC2Client, ServiceId: ServiceId, name: string | undefined): Promise<void> {
  const wanted = name === undefined ? { RemovePrivateDnsName: true } : { PrivateDnsName: name };
  await calling(
    "ec2:ModifyVpcEndpointServiceConfiguration",
    () => client.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, ...wanted })),
    ServiceId,
  );
}

/** AWS looks the proof up some time later, and shows what it found in the name's state. */
export async function verifyPrivateDnsName(client: EC2Client, ServiceId: ServiceId): Promise<void> {
  await calling(
    "ec2:StartVpcEndpointServicePrivateDnsVerification",
    () => client.send(new StartVpcEndpointServicePrivateDnsVerificationCommand({ ServiceId })),
    ServiceId,
  );
}
