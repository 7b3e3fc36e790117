// What is known of the one who connects, read from the service and the allow-list.

import { candidateKeys, judge, type Entry, type Judgement } from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import type { Instant } from "../ids.ts";
import { profileOf, type Profile } from "../notices.ts";
import type { AllowList, Services } from "../ports.ts";

export interface ProfilePorts {
  readonly services: Pick<Services, "get">;
  readonly allowList: Pick<AllowList, "read">;
}

export interface Known {
  readonly profile: Profile;
  /** What the allow-list says now, which may differ from when the question was put. */
  readonly judgement: Judgement;
  readonly inCare: boolean;
}

export async function known(ports: ProfilePorts, connection: Connection, now: Instant): Promise<Known> {
  const keys = candidateKeys(connection);
  const [service, found] = await Promise.all([ports.services.get(connection.service), ports.allowList.read(keys)]);
  const entries: Entry[] = keys.flatMap(
    (key) => found.find((entry) => entry.service === key.service && entry.principal === key.principal) ?? [],
  );
  return {
    profile: profileOf(connection, service, entries),
    judgement: judge(entries, connection, now),
    inCare: service !== undefined,
  };
}
