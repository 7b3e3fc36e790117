// What every approver is told by mail, however they set their filters: that somebody decided past them, and what is ahead.

import { anyApprover } from "../approver.ts";
import { asMail } from "../notices.ts";
import type { Approvers, People } from "../ports.ts";
import { once } from "./once.ts";
import { matterOf, noticeOf, recordOf, type Committed, type TellPorts } from "./tell.ts";

export interface EverybodyPorts extends TellPorts {
  readonly approvers: Pick<Approvers, "all">;
  readonly people: Pick<People, "approvers">;
}

const ahead: ReadonlySet<string> = new Set(["RevocationAnnounced", "RevocationWithdrawn", "ExpiryAnnounced"]);

export const isForEverybody = (told: Committed): boolean =>
  ahead.has(told.type) || (told.type === "ConnectionApproved" && told["breakGlass"] === true);

/** Gives the names of those whom it told, now or before. */
export async function tellEverybody(ports: EverybodyPorts, told: Committed): Promise<readonly string[]> {
  const notice = await noticeOf(ports, told, await recordOf(ports, told));
  const mail = asMail(notice);
  const named = (await ports.approvers.all()).filter(({ email }) => email !== undefined).map(({ name }) => name);
  const names = named.length === 0 ? [anyApprover] : named;
  for (const approver of names)
    await once(ports.proofs, `${matterOf(told)}#everybody#${approver}`, () =>
      ports.people.approvers({ ...mail, attributes: { ...mail.attributes, approver } }),
    );
  return names;
}
