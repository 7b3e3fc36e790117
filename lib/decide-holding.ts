// What becomes of a connection that something holds: its cut, what is told of it beforehand, and its place under a limit. Pure.

import { entryId, logged, type Judgement } from "./allow-list.ts";
import type { Connection } from "./connection.ts";
import type { Known } from "./decide.ts";
import type { Because, ConnectionEvent } from "./events.ts";
import { cutOf, expiryAhead, isSafe, onExpiry, uncounted, type Cut, type Ground } from "./holding.ts";
import { optional } from "./optional.ts";
import { byEntry, did, stamp } from "./stamp.ts";

/** What is accepted stays while something holds it. Its end is told before it comes, and so is that it does not come after all. */
export function hold(connection: Connection, ground: Ground, known: Known): ConnectionEvent[] {
  const cut = cutOf(connection, ground);
  if (cut !== undefined && cut.due <= ground.now) return [revoke(connection, cut, ground.judgement, known)];
  const counter = uncounted(connection, ground);
  return [
    ...(counter === undefined ? [] : [did(known, { type: "ConnectionCounted", counter }, held)]),
    ...foretell(connection, ground, cut, known),
    ...foretellExpiry(connection, ground, known),
  ];
}

const held: Because = { rule: "entry", detail: "the entry that holds it has a limit" };

/** Who was told that this entry would cut it by now is not told again that it did. */
function revoke({ revocation }: Connection, { entry, because, reason }: Cut, { findings }: Judgement, known: Known): ConnectionEvent {
  const told = revocation !== undefined && revocation.due <= known.now && entryId(revocation.entry) === entryId(entry);
  const kind = {
    type: "ConnectionDenied",
    revokes: true,
    entry,
    ...optional("announced", told ? revocation.due : undefined),
    ...optional("reason", reason),
    ...logged(findings),
  } as const;
  return stamp(known, kind, byEntry(entry), because);
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
