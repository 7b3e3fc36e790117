// Private zones and other accounts' VPCs: who may associate, and the end of it.

import {
  CreateVPCAssociationAuthorizationCommand,
  DeleteVPCAssociationAuthorizationCommand,
  DisassociateVPCFromHostedZoneCommand,
  GetHostedZoneCommand,
  type Route53Client,
  type VPCRegion,
} from "@aws-sdk/client-route-53";
import { Fault } from "../faults.ts";
import type { ZoneId } from "../ids.ts";
import type { Vpc } from "../vpcs.ts";
import { calling } from "./errors.ts";

const asVpc = ({ id, region }: Vpc) => ({ VPCId: id, VPCRegion: region as VPCRegion });

/** Safe to repeat: AWS takes the same authorization again. */
export async function authorize(client: Route53Client, zone: ZoneId, vpc: Vpc): Promise<void> {
  const command = new CreateVPCAssociationAuthorizationCommand({ HostedZoneId: zone, VPC: asVpc(vpc) });
  await calling("route53:CreateVPCAssociationAuthorization", () => client.send(command), `zone ${zone}, ${vpc.id}`);
}

/** Takes the authorization away and, where the consumer has used it, the association: the zone's owner may do both. */
export async function withdraw(client: Route53Client, zone: ZoneId, vpc: Vpc): Promise<void> {
  const on = `zone ${zone}, ${vpc.id}`;
  const gone = async (code: string, call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof Fault) || (error.code !== code && error.code !== "NoSuchHostedZone")) throw error;
    }
  };
  const VPC = asVpc(vpc);
  await gone("VPCAssociationAuthorizationNotFound", () =>
    calling(
      "route53:DeleteVPCAssociationAuthorization",
      () => client.send(new DeleteVPCAssociationAuthorizationCommand({ HostedZoneId: zone, VPC })),
      on,
    ),
  );
  await gone("NoSuchHostedZone", async () => {
    const { VPCs = [] } = await calling("route53:GetHostedZone", () => client.send(new GetHostedZoneCommand({ Id: zone })), on);
    if (!VPCs.some(({ VPCId, VPCRegion }) => VPCId === vpc.id && VPCRegion === vpc.region)) return;
    await gone("VPCAssociationNotFound", () =>
      calling(
        "route53:DisassociateVPCFromHostedZone",
        () => client.send(new DisassociateVPCFromHostedZoneCommand({ HostedZoneId: zone, VPC })),
        on,
      ),
    );
  });
}
