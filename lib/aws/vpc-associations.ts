// Private zones and other accounts' VPCs: who may associate, the end of it, and the list of them.

import {
  CreateVPCAssociationAuthorizationCommand,
  DeleteVPCAssociationAuthorizationCommand,
  DisassociateVPCFromHostedZoneCommand,
  GetHostedZoneCommand,
  ListVPCAssociationAuthorizationsCommand,
  type Route53Client,
  type VPCRegion,
} from "@aws-sdk/client-route-53";
import { Fault } from "../faults.ts";
import type { ZoneId } from "../ids.ts";
import { optional } from "../optional.ts";
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

/** A zone takes 1,000 authorizations unless AWS was asked for more, at 50 a page. */
const pagesMax = 1000;

export async function authorized(client: Route53Client, zone: ZoneId): Promise<Vpc[]> {
  const where = "route53:ListVPCAssociationAuthorizations";
  const found: Vpc[] = [];
  let NextToken: string | undefined;
  for (let pages = 1; ; pages += 1) {
    if (pages > pagesMax) throw new Fault("EndlessListing", where, `${zone} has more than ${String(pagesMax)} pages`, false);
    const command = new ListVPCAssociationAuthorizationsCommand({ HostedZoneId: zone, ...optional("NextToken", NextToken) });
    const reply = await calling(where, () => client.send(command), `zone ${zone}`);
    found.push(...(reply.VPCs ?? []).map(({ VPCId = "", VPCRegion = "" }) => ({ id: VPCId, region: VPCRegion })));
    if (reply.NextToken === undefined) return found;
    NextToken = reply.NextToken;
  }
}
