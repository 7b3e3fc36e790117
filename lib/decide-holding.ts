// What becomes of a connection that something holds: its cut, what is told of it beforehand, and its place under a limit. Pure.

import { entryId } from "./allow-list.ts";
import type { Connection } from "./connection.ts";
import type { Known } from "./decide.ts";
import type { Because, ConnectionEvent } from "./events.ts";
import { cutOf, expiryAhead, isSafe, onExpiry, uncounted, type Cut, type Ground } from "./holding.ts";
import { byEntry, did, stamp } from "./stamp.ts";

/** What is accepted stays while something holds it. Its end is told before it comes, and so is that it does not come after all. */
export function hold(connection: Connection, ground: Ground, known: Known): ConnectionEvent[] {
  const cut = cutOf(connection, ground);
  if (cut !== undefined && cut.due <= known.now) return [revoke(cut, known)];
  const counter = uncounted(connection, ground);
  return [
    ...(counter === undefined ? [] : [did(known, { type: "ConnectionCounted", counter }, held)]),
    ...foretell(connection, ground, cut, known),
    ...foretellExpiry(connection, ground, known),
  ];
}

const held: Because = { rule: "entry", detail: "the entry that holds it has a limit" };

function revoke({ entry, because }: Cut, known: Known): ConnectionEvent {
  return stamp(known, { type: "ConnectionDenied", revokes: true, entry }, byEntry(entry), because);
}

function foretell(connection: Connection, ground: Ground, cut: Cut | undefined, known: Known): ConnectionEvent[] {
  const { revocation } = connection;
  if (cut !== undefined) {
    // A new version that cuts at the same time is no news.
    const told = revocation?.due === cut.due && entryId(revocation.entry) === entryId(cut.entry);
    return told ? [] : [did(known, { type: "RevocationAnnounced", due: cut.due, entry: cut.entry }, cut.because)];
  }
  if (revocation === undefined || !isSafe(connection, ground)) return [];
  return [did(known, { type: "RevocationWithdrawn", ...revocation }, ground.judgement.because)];
}

function foretellExpiry(connection: Connection, ground: Ground, known: Known): ConnectionEvent[] {
  const ahead = expiryAhead(connection, ground);
  if (ahead === undefined) return [];
  const { expires, entry } = ahead;
  const { service, principal, version } = entry;
  const cut = onExpiry(entry, ground.service) !== "keep";
  const because: Because = { rule: "entry", detail: ground.judgement.because.detail };
  return [did(known, { type: "ExpiryAnnounced", expires, entry: { service, principal, version }, cut }, because)];
}
