// Consumers' VPCs and private zones: whose VPC may be associated with which zone, and what became of it. Pure.

import type { Connection } from "./connection.ts";
import type { ConnectionEvent } from "./events.ts";
import type { ZoneId } from "./ids.ts";
import type { Service } from "./service.ts";

/** A VPC of the consumer's, as an entry names it. */
export interface Vpc {
  readonly id: string;
  readonly region: string;
}

/** That a VPC may be associated with a private zone; `made` when Route 53 knows. */
export interface Grant {
  readonly zone: ZoneId;
  readonly vpc: Vpc;
  readonly made: boolean;
}

export type VpcEffect = { readonly kind: "assign-vpc" | "authorize-vpc" | "withdraw-vpc"; readonly grant: Grant };

export type VpcSignal = { readonly kind: "vpc-granted" | "vpc-authorized" | "vpc-withdrawn" | "vpc-drifted"; readonly grant: Grant };

/** What is lacking between the entry's word and the authorizations there are. */
export function vpcGaps(connection: Connection, service: Service): VpcEffect[] {
  if (connection.status === "approved") return [];
  const grants = connection.grants ?? [];
  const wanted = wantedGrant(connection, service);
  const there = wanted === undefined ? undefined : grants.find((grant) => sameGrant(grant, wanted));
  const others = grants.flatMap((grant): VpcEffect[] => (grant === there ? [] : [{ kind: "withdraw-vpc", grant }]));
  if (wanted === undefined) return others;
  if (there === undefined) return [...others, { kind: "assign-vpc", grant: wanted }];
  return there.made ? others : [...others, { kind: "authorize-vpc", grant: there }];
}

function wantedGrant(connection: Connection, { zone }: Service): Grant | undefined {
  if (connection.status !== "connected" || zone?.isPrivate !== true || connection.decision.vpc === undefined) return undefined;
  return { zone: zone.id, vpc: connection.decision.vpc, made: false };
}

/** What Route 53 must know of, if the log is right. An observed service's is left as it is. */
export function standingGrant(connection: Connection, service: Service): Grant | undefined {
  const wanted = service.mode === "enforce" ? wantedGrant(connection, service) : undefined;
  return wanted === undefined ? undefined : connection.grants?.find((grant) => grant.made && sameGrant(grant, wanted));
}

export const sameVpc = (a: Vpc, b: Vpc): boolean => a.id === b.id && a.region === b.region;
export const sameGrant = (a: Grant, b: Grant): boolean => a.zone === b.zone && sameVpc(a.vpc, b.vpc);

type Told = ConnectionEvent extends infer E ? (E extends ConnectionEvent ? Omit<E, "at" | "by" | "because" | "source"> : never) : never;

/** The events that follow from what was done. Two runs may have done it at once; the second finds the first one's event. */
export function toldOfVpcs(connection: Connection, { kind, grant }: VpcSignal): Told[] {
  const { zone, vpc } = grant;
  const there = connection.grants?.find((one) => sameGrant(one, grant));
  if (kind === "vpc-granted") return there === undefined && connection.status === "connected" ? [{ type: "VpcGranted", zone, vpc }] : [];
  if (there === undefined) return [];
  if (kind === "vpc-withdrawn") return [{ type: "VpcWithdrawn", zone, vpc }];
  if (kind === "vpc-drifted")
    return there.made && connection.status === "connected" ? [{ type: "VpcGranted", zone, vpc, again: true }] : [];
  return there.made ? [] : [{ type: "VpcAuthorized", zone, vpc }];
}

export function grantsAfter(
  grants: readonly Grant[],
  event: Extract<ConnectionEvent, { type: "VpcGranted" | "VpcAuthorized" | "VpcWithdrawn" }>,
): Grant[] {
  const { zone, vpc } = event;
  const others = grants.filter((grant) => !sameGrant(grant, { zone, vpc, made: true }));
  return event.type === "VpcWithdrawn" ? others : [...others, { zone, vpc, made: event.type === "VpcAuthorized" }];
}

/** What the consumer runs, once, in the account of the VPC. */
export const associateCommand = (zone: ZoneId, { id, region }: Vpc): string =>
  `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ${zone} --vpc VPCRegion=${region},VPCId=${id}`;
