// Approvers who were asked by mail hear how it ended, unless they decided themselves; and who did what was done outside, once that is known.

import { anyApprover } from "../approver.ts";
import type { Actor } from "../events.ts";
import { forget, mailedAbout, mailTo, remember, type MailPorts } from "./mail-waiting.ts";
import { recordOf, type Committed } from "./tell.ts";

/** What can end a question, or says who ended it; a decision that answers none was never asked about. */
export const settles = ({ type, question }: Committed): boolean =>
  type === "ConnectionApproved" || type === "ConnectionDenied" ? question !== undefined : ends.has(type);
const outside: ReadonlySet<string> = new Set(["AcceptedOutside", "RejectedOutside"]);
const ends: ReadonlySet<string> = new Set([...outside, "ConnectionClosed", "Attributed"]);

/** `knowing`: those who have just been told of this event otherwise. */
export async function tellAsked(ports: MailPorts, told: Committed, knowing: readonly string[] = []): Promise<void> {
  const { endpoint, type } = told;
  if (endpoint === undefined) return;
  const marks = await mailedAbout(ports, endpoint);
  if (marks.length === 0) return;
  // A call that ended no question: it is open, and those who are asked hear how it ends.
  if (type === "Attributed" && (await recordOf(ports, told))?.status === "asking") return;
  const by = told["by"] as Actor;
  const decider = by.kind === "approver" && by.name !== anyApprover ? [by.name] : [];
  // Who knows already that it was done outside hears only who did it.
  const unaware = marks.filter(({ data }) => type === "Attributed" || data["outside"] === undefined);
  const names = new Set(unaware.map(({ data }) => data["approver"] ?? ""));
  for (const name of [...decider, ...knowing]) names.delete(name);
  await mailTo(ports, told, [...names], { outcome: JSON.stringify(told) });
  // Last: whoever dies before it comes again, and mails nobody twice.
  if (outside.has(type)) await remember(ports, marks, { outside: "told" });
  else await forget(ports, endpoint, marks);
}
