// What a queue's message asks us to look at. Whatever cannot be read is said so, never dropped.

import { optional } from "./optional.ts";
import type { Signal } from "./decide.ts";
import type { ServiceCall, Source } from "./events.ts";
import { Unreadable } from "./faults.ts";
import { idsIn, isAccountId, isEndpointId, isServiceId, type AccountId, type EndpointId, type ServiceId } from "./ids.ts";
import { rawText } from "./masked.ts";

/** Where to look, why, and what the message itself says besides. */
export interface Wanted {
  /** `all` when the message does not tell which service: then every service in care is looked at. */
  readonly services: readonly ServiceId[] | "all";
  /** These connections; with none, and no account, the whole service. */
  readonly endpoints: readonly EndpointId[];
  /** The connections of this consumer. */
  readonly account?: AccountId;
  readonly signal: Signal;
  /** Whom CloudTrail names for a call on these services themselves. */
  readonly called?: { readonly call: ServiceCall; readonly arn: string; readonly event: string };
  readonly source: Source;
  /** How many delayed looks came before. */
  readonly attempt: number;
  /** Also whether the zones hold what the log says. */
  readonly compare?: true;
}

/**
 * Reads one SQS body: AWS's connection notification in its SNS envelope, a CloudTrail event, an event from our
 * bus, or our own request to look. AWS does not document the notification's text, so ids are searched in it.
 */
export function readMessage(body: string, ownRoles: readonly string[] = []): Wanted {
  const message = parsed(body);
  if (isObject(message["look"])) return ownLook(message["look"]);
  if (message["Type"] === "Notification" && typeof message["Message"] === "string") return notification(message);
  if (isObject(message["detail"]) && message["source"] === "drawbridge") return fromBus(message["detail"]);
  if (isObject(message["detail"]) && message["detail-type"] === "AWS API Call via CloudTrail")
    return fromCloudTrail(message["detail"], body, ownRoles);
  throw new Unreadable("The message", "it is neither a notification, a CloudTrail event, an event of the bus nor a request to look");
}

function notification(envelope: Readonly<Record<string, unknown>>): Wanted {
  const text = [envelope["Subject"], envelope["Message"]].filter((part) => typeof part === "string").join("\n");
  const { services, endpoints } = idsIn(text);
  return {
    services: services.length === 0 ? "all" : services,
    endpoints,
    signal: { kind: "look" },
    source: { kind: "notification", raw: rawText(text) },
    attempt: 0,
  };
}

/** What somebody called on connections, or on the service itself; a call that failed, and one of our own roles, only means look. */
function fromCloudTrail(detail: Readonly<Record<string, unknown>>, body: string, ownRoles: readonly string[]): Wanted {
  const { services, endpoints: asked } = idsIn(JSON.stringify(detail["requestParameters"] ?? {}));
  // What AWS did not do stands in its answer: a mistyped id is nobody's connection.
  const undone = new Set(idsIn(JSON.stringify(detail["responseElements"] ?? {})).endpoints);
  const endpoints = asked.filter((endpoint) => !undone.has(endpoint));
  const who = isObject(detail["userIdentity"]) ? detail["userIdentity"] : {};
  const arn = typeof who["arn"] === "string" ? who["arn"] : undefined;
  const name = String(detail["eventName"]);
  const action = actions[name];
  const event = typeof detail["eventID"] === "string" ? detail["eventID"] : undefined;
  const told =
    arn !== undefined && event !== undefined && detail["errorCode"] === undefined && !ours(who, arn, ownRoles) ? { arn, event } : undefined;
  return {
    services: services.length === 0 ? "all" : services,
    endpoints,
    signal: told !== undefined && action !== undefined ? { kind: "attributed", action, ...told } : { kind: "look" },
    ...(told !== undefined && isServiceCall(name) && services.length > 0 ? { called: { call: name, ...told } } : {}),
    source: { kind: "cloudtrail", raw: rawText(body) },
    attempt: 0,
  };
}

const actions: Readonly<Record<string, "accept" | "reject">> = {
  AcceptVpcEndpointConnections: "accept",
  RejectVpcEndpointConnections: "reject",
};

const isServiceCall = (name: string): name is ServiceCall =>
  name === "ModifyVpcEndpointServiceConfiguration" || name === "ModifyVpcEndpointServicePermissions";

/** CloudTrail names the session; the role behind it is in the session's issuer, or in the session's own ARN. */
function ours(who: Readonly<Record<string, unknown>>, arn: string, ownRoles: readonly string[]): boolean {
  const context = isObject(who["sessionContext"]) ? who["sessionContext"] : {};
  const issuer = isObject(context["sessionIssuer"]) ? context["sessionIssuer"]["arn"] : undefined;
  return ownRoles.some((role) => issuer === role || arn.includes(`:assumed-role/${role.slice(role.lastIndexOf("/") + 1)}/`));
}

function fromBus(detail: Readonly<Record<string, unknown>>): Wanted {
  const { service, endpoint } = detail;
  const source: Source = { kind: "bus" };
  const base = { signal: { kind: "look" } as const, source, attempt: 0 };
  const services = typeof service === "string" && isServiceId(service) ? [service] : "all";
  if (typeof endpoint === "string" && isEndpointId(endpoint)) return { ...base, services, endpoints: [endpoint] };
  const principal = isObject(detail["entry"]) && typeof detail["entry"]["principal"] === "string" ? detail["entry"]["principal"] : "any";
  const [kind, id = ""] = principal.split("#");
  if (kind === "endpoint" && isEndpointId(id)) return { ...base, services, endpoints: [id] };
  return { ...base, services, endpoints: [], ...optional("account", kind === "account" && isAccountId(id) ? id : undefined) };
}

function ownLook(look: Readonly<Record<string, unknown>>): Wanted {
  const { service, endpoints = [], attempt = 0, why } = look;
  const readable =
    typeof service === "string" &&
    isServiceId(service) &&
    Array.isArray(endpoints) &&
    endpoints.every((id) => typeof id === "string" && isEndpointId(id));
  if (!readable) throw new Unreadable("The request to look", "its service or endpoints are not ids");
  return {
    services: [service],
    endpoints: endpoints,
    signal: { kind: "look" },
    source: { kind: why === "sweep" ? "sweep" : "look-again" },
    attempt: typeof attempt === "number" ? attempt : 0,
    ...(why === "compare" ? { compare: true } : {}),
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Unreadable("The message", "it is not JSON");
  }
  if (!isObject(value)) throw new Unreadable("The message", "it is not a JSON object");
  return value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
