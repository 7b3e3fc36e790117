// The identifiers Drawbridge handles, each parsed once at the edge into a type of its own.

import { BadInput } from "./faults.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `vpce-svc-` and 8 or 17 hex digits: an endpoint service. */
export type ServiceId = Branded<"ServiceId">;
/** `vpce-` and 8 or 17 hex digits: a consumer's interface endpoint. */
export type EndpointId = Branded<"EndpointId">;
/** Twelve digits. */
export type AccountId = Branded<"AccountId">;
/** `Z` and capitals or digits: a Route 53 hosted zone, without `/hostedzone/`. */
export type ZoneId = Branded<"ZoneId">;
/** An instant, ISO 8601 in UTC with milliseconds. Comparing two as text compares the instants. */
export type Instant = Branded<"Instant">;

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpointConnection.html shows the forms.
const serviceForm = /^vpce-svc-[0-9a-f]{8,17}$/;
const endpointForm = /^vpce-[0-9a-f]{8,17}$/;
const accountForm = /^\d{12}$/;
const zoneForm = /^Z[0-9A-Z]{1,31}$/;
const labelForm = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

const parser =
  <T extends string>(form: RegExp, field: string, remedy: string) =>
  (text: unknown): T => {
    if (typeof text === "string" && form.test(text)) return text as T;
    throw new BadInput(field, text, remedy);
  };

export const serviceId = parser<ServiceId>(serviceForm, "service", "give the endpoint service's id, such as vpce-svc-0123456789abcdef0");
export const endpointId = parser<EndpointId>(endpointForm, "endpoint", "give the endpoint's id, such as vpce-0123456789abcdef0");
export const accountId = parser<AccountId>(accountForm, "account", "give the account's twelve digits, such as 222222222222");
export const zoneId = parser<ZoneId>(zoneForm, "zone", "give the hosted zone's id, such as Z0123456789ABCDEFGHIJ");

export const isServiceId = (text: string): text is ServiceId => serviceForm.test(text);
export const isEndpointId = (text: string): text is EndpointId => endpointForm.test(text);
export const isAccountId = (text: string): text is AccountId => accountForm.test(text);

/** A DNS label: 1 to 63 of a-z, 0-9 and hyphen, no hyphen at either end (RFC 1123). */
export const isLabel = (text: string): boolean => labelForm.test(text);

/** The ids that occur anywhere in a text whose shape AWS does not document. */
export function idsIn(text: string): { services: ServiceId[]; endpoints: EndpointId[] } {
  const distinct = (found: Iterable<RegExpMatchArray>): string[] => [...new Set([...found].map(([id]) => id))];
  return {
    services: distinct(text.matchAll(/\bvpce-svc-[0-9a-f]{8,17}\b/g)) as ServiceId[],
    endpoints: distinct(text.matchAll(/\bvpce-[0-9a-f]{8,17}\b/g)) as EndpointId[],
  };
}

/** Milliseconds since 1970 as an instant. */
export const instant = (milliseconds: number): Instant => new Date(milliseconds).toISOString() as Instant;
export const milliseconds = (at: Instant): number => Date.parse(at);

/** What an instant can say: every year has four digits, so that comparing as text compares the instants. */
const earliest = Date.parse("0001-01-01T00:00:00Z");
const latest = Date.parse("9999-12-31T23:59:59.999Z");
const instantForm = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Parses an instant that a person or a file gave: ISO 8601, a date alone meaning midnight UTC. One that no calendar has is refused. */
export function parseInstant(field: string, text: unknown): Instant {
  const [, day = "", minute = "00:00", second = "00", fraction = "", zone = "Z"] =
    (typeof text === "string" ? instantForm.exec(text) : undefined) ?? [];
  const wall = `${day}T${minute}:${second}`;
  const time = Date.parse(`${wall}${fraction}${zone.replace(/^(...)(\d\d)$/, "$1:$2")}`);
  // The 30th of February, or hour 24, would be another day: said back, it must be what was typed.
  const exists = day !== "" && !Number.isNaN(time) && instant(Date.parse(`${wall}Z`)).startsWith(wall);
  if (exists && time >= earliest && time <= latest) return instant(time);
  throw new BadInput(field, text, "give a time that there is, from the year 0001 to 9999, such as 2026-12-31 or 2026-12-31T18:00:00Z");
}
