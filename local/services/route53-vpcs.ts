// Private zones across accounts: the owner authorises a VPC, the VPC's account associates it.

import { optionalNumber, optionalText } from "../members.ts";
import { AwsError } from "../service.ts";
import { anyZone, ownZone, submitted } from "./route53-state.ts";
import type { Route53Action, Vpc, Zone } from "./route53-state.ts";
import { vpcOf } from "./route53-zones.ts";

export const vpcActions: Readonly<Record<string, Route53Action>> = {
  CreateVPCAssociationAuthorization(state, call) {
    const zone = ownPrivate(ownZone(state, call, call.input["HostedZoneId"]));
    const vpc = wanted(call.input["VPC"]);
    if (!holds(zone.authorizations, vpc)) zone.authorizations.push(vpc);
    return { HostedZoneId: zone.id, VPC: vpc };
  },
  DeleteVPCAssociationAuthorization(state, call) {
    const zone = ownZone(state, call, call.input["HostedZoneId"]);
    const vpc = wanted(call.input["VPC"]);
    if (!holds(zone.authorizations, vpc)) {
      throw new AwsError(
        "VPCAssociationAuthorizationNotFound",
        `The VPC ${vpc.VPCId} is not authorized for association with the hosted zone.`,
        404,
      );
    }
    zone.authorizations = zone.authorizations.filter((one) => !isSame(one, vpc));
    return {};
  },
  ListVPCAssociationAuthorizations(state, call) {
    const zone = ownZone(state, call, call.input["HostedZoneId"]);
    const asked = optionalNumber(call.input, "MaxResults") ?? authorizationsPerPage;
    if (!Number.isInteger(asked) || asked < 1) throw new AwsError("InvalidInput", `Value '${asked}' for MaxResults must be at least 1`);
    const from = startOf(zone.authorizations, optionalText(call.input, "NextToken"));
    const to = from + Math.min(asked, authorizationsPerPage);
    const next = zone.authorizations[to];
    return { HostedZoneId: zone.id, VPCs: zone.authorizations.slice(from, to), NextToken: next === undefined ? undefined : tokenOf(next) };
  },
  ListHostedZonesByVPC(state, call) {
    const vpc = wanted({ VPCId: call.input["VPCId"], VPCRegion: call.input["VPCRegion"] });
    const zones = [...state.zones.values()].filter((zone) => holds(zone.vpcs, vpc));
    return {
      HostedZoneSummaries: zones.map(({ id, name, owner }) => ({ HostedZoneId: id, Name: name, Owner: { OwningAccount: owner } })),
      MaxItems: 100,
    };
  },
  AssociateVPCWithHostedZone(state, call) {
    const zone = ownPrivate(anyZone(state, call.input["HostedZoneId"]));
    const vpc = wanted(call.input["VPC"]);
    if (zone.owner !== call.caller.account && !holds(zone.authorizations, vpc)) {
      throw new AwsError("NotAuthorizedException", `The VPC: ${vpc.VPCId} has not authorized to associate with your hosted zone.`, 401);
    }
    const other = [...state.zones.values()].find((one) => one.name === zone.name && one !== zone && holds(one.vpcs, vpc));
    if (other !== undefined) {
      throw new AwsError(
        "ConflictingDomainExists",
        `The VPC ${vpc.VPCId} in region ${vpc.VPCRegion} has already been associated with the hosted zone ${other.id} with the same domain name.`,
      );
    }
    if (!holds(zone.vpcs, vpc)) zone.vpcs.push(vpc);
    return { ChangeInfo: submitted(state, call) };
  },
  DisassociateVPCFromHostedZone(state, call) {
    const zone = ownZone(state, call, call.input["HostedZoneId"]);
    const vpc = wanted(call.input["VPC"]);
    if (!holds(zone.vpcs, vpc))
      throw new AwsError("VPCAssociationNotFound", `The VPC: ${vpc.VPCId} and hosted zone ${zone.id} are not associated.`, 404);
    if (zone.vpcs.length === 1)
      throw new AwsError("LastVPCAssociation", "The last VPC cannot be disassociated from a private hosted zone.");
    zone.vpcs = zone.vpcs.filter((one) => !isSame(one, vpc));
    return { ChangeInfo: submitted(state, call) };
  },
};

const authorizationsPerPage = 50;

/** A page begins with the VPC that its token names. */
const tokenOf = ({ VPCRegion, VPCId }: Vpc): string => Buffer.from(`${VPCRegion}/${VPCId}`).toString("base64url");

function startOf(vpcs: readonly Vpc[], token: string | undefined): number {
  if (token === undefined) return 0;
  const at = vpcs.findIndex((vpc) => tokenOf(vpc) === token);
  if (at < 0)
    throw new AwsError("InvalidPaginationToken", "The value that you specified to get the second or subsequent page is not valid.");
  return at;
}

function ownPrivate(zone: Zone): Zone {
  if (!zone.isPrivate)
    throw new AwsError(
      "PublicZoneVPCAssociation",
      `Hosted zone ${zone.id} is a public hosted zone: VPCs can only be associated with private ones.`,
    );
  return zone;
}

function wanted(given: unknown): Vpc {
  const vpc = vpcOf(given);
  if (vpc === undefined) throw new AwsError("InvalidInput", "The request must contain a VPC");
  return vpc;
}

function holds(vpcs: readonly Vpc[], vpc: Vpc): boolean {
  return vpcs.some((one) => isSame(one, vpc));
}

function isSame(a: Vpc, b: Vpc): boolean {
  return a.VPCId === b.VPCId && a.VPCRegion === b.VPCRegion;
}
