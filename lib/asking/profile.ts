// What is known of the one who connects, read from the service and the allow-list.

import { candidateKeys, entryId, standingAt, type Entry, type Judgement } from "../allow-list.ts";
import { askingOf, type Asking } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { Actor } from "../events.ts";
import type { Instant } from "../ids.ts";
import { heldBy, verdicts, type VerdictPorts } from "../loop/verdicts.ts";
import { profileOf, type Profile } from "../notices.ts";
import type { AllowList, Services } from "../ports.ts";
import { accountKey } from "./standing-entry.ts";

export interface ProfilePorts extends Pick<VerdictPorts, "organizations"> {
  readonly services: Pick<Services, "get">;
  readonly allowList: VerdictPorts["allowList"] & Pick<AllowList, "read">;
}

export interface Known {
  readonly profile: Profile;
  /** What the allow-list says now, which may differ from when the question was put. */
  readonly judgement: Judgement;
  readonly inCare: boolean;
  readonly asking: Asking;
  /** The entry about this account at this service, if there is one. */
  readonly own?: Entry;
}

export async function known(ports: ProfilePorts, connection: Connection, now: Instant): Promise<Known> {
  const { allowList, organizations } = ports;
  const keys = candidateKeys(connection);
  const candidate = { ...connection, ...optional("held", heldBy(connection)) };
  const [service, found, rulings] = await Promise.all([
    ports.services.get(connection.service),
    allowList.read(keys),
    verdicts({ clock: () => now, allowList, organizations }, [candidate]),
  ]);
  const at = new Map(found.flatMap((entry) => standingAt(entry, now) ?? []).map((entry) => [entryId(entry), entry]));
  const entries: Entry[] = keys.flatMap((key) => at.get(entryId(key)) ?? []);
  const judgement = rulings.get(connection.endpoint)?.judgement;
  if (judgement === undefined) throw new Error(`${connection.endpoint} was not judged`);
  const own = at.get(entryId(accountKey(connection)));
  return {
    profile: profileOf(connection, service, entries),
    judgement,
    inCare: service !== undefined,
    asking: askingOf(service ?? {}, judgement),
    ...optional("own", own),
  };
}

/** Who wrote the entry that decided, as long as that version of it stands. */
export function writerOf({ judgement }: Pick<Known, "judgement">, by: Actor): string | undefined {
  if (by.kind !== "entry") return undefined;
  const { entry } = by;
  return judgement.findings.find((one) => entryId(one.entry) === entryId(entry) && one.entry.version === entry.version)?.author;
}
