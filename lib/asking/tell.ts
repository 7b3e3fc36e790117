// What `notify` and `slack` do with a committed event: read the record again, and tell people once what still matters.

import { entryId } from "../allow-list.ts";
import { anyApprover } from "../approver.ts";
import { askedNow } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { DrawbridgeEvent, EntryRef } from "../events.ts";
import { Fault } from "../faults.ts";
import type { EndpointId, ServiceId } from "../ids.ts";
import type { Subject } from "../ledger.ts";
import type { Notice } from "../notices.ts";
import type { Clock, Connections, Keys, Proofs } from "../ports.ts";
import { linkExpiry, linkToken, linkUrl } from "../web/links.ts";
import { once } from "./once.ts";
import { known, writerOf, type ProfilePorts } from "./profile.ts";

/** A way to reach people. What it throws is tried again. */
export interface Channel {
  readonly name: string;
  send(notice: Notice): Promise<void>;
}

export interface TellPorts extends ProfilePorts {
  readonly clock: Clock;
  readonly connections: Pick<Connections, "load">;
  readonly proofs: Proofs;
  readonly keys: Keys;
  readonly publicUrl: string;
}

/** An event as the bus tells it: its own members beside its place in the log. */
export interface Committed {
  readonly subject: Subject;
  readonly seq: number;
  readonly type: DrawbridgeEvent["type"];
  readonly service?: ServiceId | "*";
  readonly endpoint?: EndpointId;
  readonly [member: string]: unknown;
}

/** `outdated`: the question is closed meanwhile, and nobody is asked any more. */
export async function tell(ports: TellPorts, channel: Channel, told: Committed): Promise<"sent" | "sent before" | "outdated"> {
  const connection = await recordOf(ports, told);
  if (told.type === "ApprovalRequested" && !isOpen(connection, told)) return "outdated";
  const sent = await once(ports.proofs, `${matterOf(told)}#${channel.name}`, async () =>
    channel.send(await noticeOf(ports, told, connection)),
  );
  return sent ? "sent" : "sent before";
}

/** What is told once: an event; or what is ahead of all that one version of an entry holds, however many connections that is. */
export function matterOf({ subject, seq, type, ...told }: Committed): string {
  // A zone that is full or gone refuses every name alike: people hear of it once an hour, the log has each.
  const { effect, code, first } = told;
  if (type === "EffectFailed" && String(effect).endsWith("-name") && ofTheZone.test(String(code)))
    return `${type}#${told.service ?? ""}#${String(code)}#${String(first).slice(0, 13)}`;
  const entry = told["entry"] as EntryRef | undefined;
  const ahead =
    type === "ExpiryAnnounced"
      ? told["expires"]
      : type === "RevocationAnnounced" || type === "RevocationWithdrawn"
        ? told["due"]
        : undefined;
  if (entry === undefined || typeof ahead !== "string") return `${subject}#${String(seq)}`;
  return `${type}#${entryId(entry)}#${String(entry.version)}#${ahead}`;
}

const ofTheZone = /^(ZoneFull|ZoneNotAllowed|NoSuchHostedZone|AccessDenied.*)$/;

export async function noticeOf(ports: TellPorts, told: Committed, connection: Connection | undefined): Promise<Notice> {
  const event = told as unknown as DrawbridgeEvent;
  if (connection === undefined) return { of: "news", event, ...optional("service", told.service) };
  const about = await known(ports, connection, ports.clock());
  const { profile, asking } = about;
  if (connection.status !== "asking" || told.type !== "ApprovalRequested")
    return { of: "news", event, profile, ...optional("writer", writerOf(about, event.by)) };
  const { id, at, because } = connection.question;
  // Each of those who are named is asked by a message of their own; a link in this one would be nobody's.
  if (asking.approvers.length > 0) return { of: "question", profile, at, because, asked: askedNow(asking, connection.question) };
  const until = linkExpiry(ports.clock());
  const content = { question: id, endpoint: connection.endpoint, approver: anyApprover, expires: until };
  const link = linkUrl(ports.publicUrl, linkToken(await ports.keys.link(), content));
  return { of: "question", profile, at, because, way: { link, until } };
}

/** Nothing for what happens to a service or an entry. The record is never behind the bus, since both come from one commit. */
export async function recordOf({ connections }: TellPorts, { endpoint, seq, subject }: Committed): Promise<Connection | undefined> {
  if (endpoint === undefined) return undefined;
  const connection = (await connections.load([endpoint])).get(endpoint)?.connection;
  if (connection === undefined || connection.seq < seq)
    throw new Fault("NoSuchEvent", subject, `the bus tells of event ${String(seq)}, which the record does not have`, true);
  return connection;
}

const isOpen = (connection: Connection | undefined, told: Committed): boolean =>
  connection?.status === "asking" && connection.question.id === told["question"];
