// How people are asked, as options of a command: the same words for a service and for one entry.

import type { AskingSettings } from "../lib/asking-policy.ts";
import type { Call, Options } from "./command.ts";
import { wrongUsage } from "./failure.ts";

/** `usual` says after each what holds without it. */
export const askingOptions = (usual: Readonly<Record<keyof AskingSettings, string>>): Options => ({
  approver: { value: "NAME", several: true, help: `who is asked (may be repeated); ${usual.approvers}` },
  quorum: { value: "N", help: `how many of them must agree (${usual.quorum})` },
  "open-days": { value: "DAYS", help: `how long a question waits before silence means what --silence says (${usual.openDays})` },
  remind: { value: "HOURS", several: true, help: `after so many hours those who are asked are reminded (${usual.remindHours})` },
  "escalate-to": { value: "NAME", several: true, help: `who is asked besides when nobody answers (may be repeated; ${usual.escalateTo})` },
  "escalate-after": { value: "HOURS", help: `after so many hours (${usual.escalateAfterHours})` },
  silence: { value: "keep|reject", help: `what silence means in the end: the question stays open, or no (${usual.silence})` },
  "email-proof": {
    value: "code|link",
    help: `how an approver proves who they are: by a mailed code, or by having the link (${usual.emailProof})`,
  },
  "account-answers": {
    value: "yes|no",
    help: `whether an answer may speak for the whole account from then on (${usual.accountAnswers})`,
  },
});

export type AskingGiven = { readonly [Key in keyof AskingSettings]?: unknown };

/** What is given; with the word usual, or none for names, it is null. Nothing when no option is given. */
export function askingGiven({ given }: Pick<Call, "given">): AskingGiven | undefined {
  const names = (option: string): readonly string[] | null | undefined => {
    const told = given.texts(option);
    return told?.length === 1 && (told[0] === "none" || told[0] === "usual") ? null : told;
  };
  const text = (option: string): string | null | undefined => (given.text(option) === "usual" ? null : given.text(option));
  const yesNo = given.text("account-answers");
  if (yesNo !== undefined && !["yes", "no", "usual"].includes(yesNo)) throw wrongUsage("--account-answers takes yes or no");
  const body = {
    approvers: names("approver"),
    quorum: text("quorum"),
    openDays: text("open-days"),
    remindHours: names("remind"),
    escalateTo: names("escalate-to"),
    escalateAfterHours: text("escalate-after"),
    silence: text("silence"),
    emailProof: text("email-proof"),
    accountAnswers: yesNo === undefined ? undefined : yesNo === "usual" ? null : yesNo === "yes",
  } satisfies AskingGiven;
  const told = Object.entries(body).filter(([, value]) => value !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told);
}
