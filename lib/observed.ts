// What AWS shows of a connection at one moment, in AWS's words for its states.

import type { Facts } from "./events.ts";

/** AWS's connection states in the wire's casing; `unknown` stands for one that AWS adds later. */
export type AwsState = (typeof awsStates)[number] | "unknown";
export const awsStates = [
  "pendingAcceptance",
  "pending",
  "available",
  "partial",
  "rejected",
  "expired",
  "failed",
  "deleting",
  "deleted",
] as const;

/** One row of DescribeVpcEndpointConnections. */
export interface Observed extends Facts {
  /** The endpoint's Regional DNS name with its hosted zone, when AWS shows it. */
  readonly dns?: DnsTarget;
}

export type IpAddressType = "ipv4" | "dualstack" | "ipv6";

export interface DnsTarget {
  readonly name: string;
  readonly zone: string;
}

/** What a complete listing of the service told about one endpoint. */
export type Seen = { readonly listed: true; readonly observed: Observed } | { readonly listed: false };

/** AWS documents camel case on the wire and PascalCase in the SDK's enum, so case is ignored. */
export function awsState(text: string | undefined): AwsState {
  const wanted = text?.toLowerCase();
  return awsStates.find((state) => state.toLowerCase() === wanted) ?? "unknown";
}

export const waits = (state: AwsState): boolean => state === "pendingAcceptance";
/** Accepted by the provider, whether traffic flows yet or not. */
export const isAccepted = (state: AwsState): boolean => state === "pending" || state === "available" || state === "partial";
/** The endpoint is gone or will never work; only a new endpoint can follow. */
export const isOver = (state: AwsState): boolean =>
  state === "deleting" || state === "deleted" || state === "failed" || state === "expired";
