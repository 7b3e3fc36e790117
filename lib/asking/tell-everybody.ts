// What every approver is told by mail, however they set their filters: that somebody decided past them, what is ahead, and what was cut
// without having been ahead.

import { entryId } from "../allow-list.ts";
import { anyApprover } from "../approver.ts";
import { byCommand } from "../by-command.ts";
import type { EntryRef } from "../events.ts";
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
  ahead.has(told.type) || (told.type === "ConnectionApproved" && told["breakGlass"] === true) || isSuddenCut(told);

const isSuddenCut = ({ type, revokes, announced }: Committed): boolean =>
  type === "ConnectionDenied" && revokes === true && announced === undefined;

/** An entry that cuts at once may cut hundreds: approvers hear of it once an hour, and the consumers' contacts of each. */
function matterForEverybody(told: Committed): string {
  const entry = told["entry"] as EntryRef | undefined;
  if (!isSuddenCut(told) || entry === undefined) return matterOf(told);
  return `${told.type}#${entryId(entry)}#${String(entry.version)}#${String(told["at"]).slice(0, 13)}`;
}

const ofAll = `This message comes once an hour for all that this entry cuts. Each of them: ${byCommand("audit --decision rejected")}`;

/** Gives the names of those whom it told, now or before. */
export async function tellEverybody(ports: EverybodyPorts, told: Committed): Promise<readonly string[]> {
  const notice = await noticeOf(ports, told, await recordOf(ports, told));
  const one = asMail(notice);
  const mail = isSuddenCut(told) && told["entry"] !== undefined ? { ...one, text: `${one.text}\n${ofAll}` } : one;
  const named = (await ports.approvers.all()).filter(({ email }) => email !== undefined).map(({ name }) => name);
  const names = named.length === 0 ? [anyApprover] : named;
  for (const approver of names)
    await once(ports.proofs, `${matterForEverybody(told)}#everybody#${approver}`, () =>
      ports.people.approvers({ ...mail, attributes: { ...mail.attributes, approver } }),
    );
  return names;
}
