// Approvers who were asked by mail hear how it ended, unless they decided themselves.

import type { Actor } from "../events.ts";
import { forget, mailedAbout, mailTo, type MailPorts } from "./mail-waiting.ts";
import type { Committed } from "./tell.ts";

/** What can end a question; a decision that answers none was never asked about. */
export const settles = ({ type, question }: Committed): boolean =>
  type === "ConnectionApproved" || type === "ConnectionDenied" ? question !== undefined : ends.has(type);
const ends: ReadonlySet<string> = new Set(["ConnectionClosed", "AcceptedOutside", "RejectedOutside"]);

export async function tellAsked(ports: MailPorts, told: Committed): Promise<void> {
  const { endpoint } = told;
  if (endpoint === undefined) return;
  const marks = await mailedAbout(ports, endpoint);
  const by = told["by"] as Actor;
  const names = new Set(marks.map(({ data }) => data["approver"] ?? "").filter((name) => by.kind !== "approver" || by.name !== name));
  await mailTo(ports, told, [...names], { outcome: JSON.stringify(told) });
  // Last: whoever dies before it comes again, and mails nobody twice.
  await forget(ports, endpoint, marks);
}
