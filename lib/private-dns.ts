// The service's own private DNS name: what its operator wants, what AWS shows, and the next step between them. Pure.

import { milliseconds, type Instant, type ZoneId } from "./ids.ts";

/** As AWS shows it: the name, and the text record that proves to AWS that it is ours. */
export interface PrivateDnsFacts {
  readonly name: string;
  /** `pendingVerification`, `verified` or `failed`, as far as AWS documents it. */
  readonly state: string;
  readonly proof?: Proof;
}
export interface Proof {
  /** The record's first label: `_6e86v84tqgqubxbwii1m`. */
  readonly label: string;
  readonly value: string;
}

/** How far we have come with a name: kept with the service, and told in the log. */
export interface PrivateDns extends PrivateDnsFacts {
  /** Where and when the proof was published; absent when none of this deployment's public zones holds the name. */
  readonly zone?: ZoneId;
  readonly publishedAt?: Instant;
  /** When AWS was last asked to look for the proof. */
  readonly askedAt?: Instant;
  /** What AWS said to the last step, when it said no. */
  readonly refused?: { readonly at: Instant; readonly code: string; readonly message: string };
}

export type PrivateDnsStep =
  | { readonly kind: "set"; readonly name: string | undefined }
  | { readonly kind: "tell"; readonly facts: PrivateDnsFacts | undefined }
  | { readonly kind: "publish"; readonly proof: Proof }
  | { readonly kind: "ask" };

/** A new record is not everywhere at once. */
const settleSeconds = 60;
const askAgainSeconds = 600;
const refusedSeconds = 3600;

/** The one thing to do next, if any. `wanted` is the operator's word, `told` what the log says, `shown` what AWS shows. */
export function nextStep(
  wanted: string | undefined,
  told: PrivateDns | undefined,
  shown: PrivateDnsFacts | undefined,
  now: Instant,
): PrivateDnsStep | undefined {
  const since = (at: Instant | undefined): number => (at === undefined ? Infinity : (milliseconds(now) - milliseconds(at)) / 1000);
  if (told !== undefined && (wanted ?? told.name) === told.name && since(told.refused?.at) < refusedSeconds) return undefined;
  if (wanted === undefined) {
    if (told === undefined) return undefined;
    // A name that somebody else has set since is theirs.
    return shown?.name === told.name ? { kind: "set", name: undefined } : { kind: "tell", facts: undefined };
  }
  if (shown?.name !== wanted) return { kind: "set", name: wanted };
  if (told === undefined || told.name !== shown.name || told.state !== shown.state || told.proof?.value !== shown.proof?.value)
    return { kind: "tell", facts: shown };
  if (told.proof !== undefined && told.publishedAt === undefined) return { kind: "publish", proof: told.proof };
  // Verified is not for ever: AWS may look again, so the record stays, and a state that changes is told.
  if (shown.state === "verified") return undefined;
  return since(told.publishedAt) >= settleSeconds && since(told.askedAt) >= askAgainSeconds ? { kind: "ask" } : undefined;
}

/** The domain whose zone takes the proof: a wildcard is proved by what stands under it. */
const provenDomain = (name: string): string => name.replace(/^\*\./, "");
export const proofName = (name: string, { label }: Proof): string => `${label}.${provenDomain(name)}`;

/** The most specific public zone that holds the name. */
export function zoneFor<Z extends { readonly name: string; readonly isPrivate: boolean }>(
  name: string,
  zones: readonly Z[],
): Z | undefined {
  const domain = provenDomain(name);
  const holds = zones.filter((zone) => !zone.isPrivate && (domain === zone.name || domain.endsWith(`.${zone.name}`)));
  return holds.toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** In words, for the log and for people: `api.example.com, pendingVerification, proof published, AWS asked to look`. */
export function privateDnsWords({ name, state, proof, zone, publishedAt, askedAt, refused }: PrivateDns): string {
  if (refused !== undefined) return `${name}, ${state}; refused: ${refused.code}: ${refused.message}`;
  const published =
    zone === undefined && proof !== undefined
      ? `its proof is for you to publish: ${proofName(name, proof)} TXT "${proof.value}"`
      : `its proof is ${publishedAt === undefined ? "to be " : ""}published`;
  return [
    name,
    state,
    ...(proof === undefined ? [] : [published]),
    ...(askedAt === undefined || state === "verified" ? [] : ["AWS was asked to look"]),
  ].join(", ");
}

/** What an accepted consumer runs: AWS refuses it before the connection is accepted. */
export const switchOn = (endpoint: string, region: string | undefined): string =>
  `aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint} --private-dns-enabled${region === undefined ? "" : ` --region ${region}`}`;
