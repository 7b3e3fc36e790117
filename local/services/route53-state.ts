// What local Route 53 remembers: hosted zones, their records, who may associate a VPC, and changes on their way.

import { randomBytes } from "node:crypto";
import type { Assumptions } from "../assumptions.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock } from "../service.ts";

export interface RecordSet {
  /** Normalised: lower case, escaped, with the last dot. */
  readonly Name: string;
  readonly Type: string;
  readonly TTL?: number;
  readonly ResourceRecords?: readonly { readonly Value: string }[];
  readonly AliasTarget?: { readonly HostedZoneId: string; readonly DNSName: string; readonly EvaluateTargetHealth: boolean };
  readonly SetIdentifier?: string;
  /** What we only keep and give back: weights, failover, health checks … */
  readonly [other: string]: unknown;
}

export interface Vpc {
  readonly VPCRegion: string;
  readonly VPCId: string;
}

export interface Zone {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly callerReference: string;
  readonly comment: string | undefined;
  /** By `recordKey`; replaced as a whole by each change, so that a change is all or nothing. */
  records: ReadonlyMap<string, RecordSet>;
  vpcs: Vpc[];
  authorizations: Vpc[];
  busyUntil: number;
  readonly tags: Map<string, string>;
}

export interface Change {
  readonly id: string;
  readonly owner: string;
  readonly at: number;
  readonly comment: string | undefined;
}

export interface Route53State {
  readonly clock: Clock;
  readonly assumptions: Assumptions;
  /** `PENDING` → `INSYNC` */
  readonly insyncMs: number;
  readonly zones: Map<string, Zone>;
  readonly changes: Map<string, Change>;
}

export type Route53Action = (state: Route53State, call: Call) => unknown;

export function recordKey(set: Pick<RecordSet, "Name" | "Type" | "SetIdentifier">): string {
  return `${set.Name} ${set.Type} ${set.SetIdentifier ?? ""}`;
}

/** The caller's zone, by its id with or without `/hostedzone/`. */
export function ownZone(state: Route53State, call: Call, given: unknown): Zone {
  const zone = anyZone(state, given);
  if (zone.owner !== call.caller.account) {
    throw new AwsError("AccessDenied", `User: ${call.caller.arn} is not authorized to access this resource`, 403);
  }
  return zone;
}

export function anyZone(state: Route53State, given: unknown): Zone {
  const id = zoneId(given);
  const zone = state.zones.get(id);
  if (zone === undefined) throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
  return zone;
}

export function zoneId(given: unknown): string {
  return typeof given === "string" ? given.replace(/^\/?hostedzone\//, "") : "";
}

/** Notes a change that has been made, and gives the row that every changing action answers with. */
export function submitted(state: Route53State, call: Call, comment?: string): unknown {
  const change: Change = { id: newAwsId("C"), owner: call.caller.account, at: state.clock.now(), comment };
  state.changes.set(change.id, change);
  return changeInfo(state, change);
}

export function changeInfo(state: Route53State, change: Change): unknown {
  return {
    Id: `/change/${change.id}`,
    Status: state.clock.now() - change.at >= state.insyncMs ? "INSYNC" : "PENDING",
    SubmittedAt: new Date(change.at),
    Comment: change.comment,
  };
}

export function newAwsId(prefix: "Z" | "C"): string {
  return prefix + [...randomBytes(20)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[byte % 36]).join("");
}
