// What a form on the page of a question holds, and what it must hold to be an answer.

import type { Choice, Scope } from "../events.ts";
import { oneLine, visible } from "../harmless.ts";
import type { Complaint } from "./complaints.ts";
import { quietDaysMax } from "./standing-entry.ts";
import type { OpenView } from "./answer.ts";

/** The fields as a browser sends them. */
export interface Form {
  readonly guard?: string;
  /** Which button was pressed: `code`, `enter` and `leave` decide nothing. */
  readonly do?: string;
  readonly code?: string;
  readonly choice?: string;
  readonly days?: string;
  readonly reason?: string;
  readonly confirm?: string;
}

export const reasonCharactersMax = 500;
/** What a person types to have one more code mailed. */
export const codeWord = "code";

export function examine(form: Form, { access, offers, connection }: OpenView): Complaint[] {
  const complaints: Complaint[] = [];
  const wish = wishOf(form);
  if (wish === undefined) complaints.push({ about: "choice", text: "Choose one of the answers." });
  else if ((wish.scope === "account" && !offers.account) || (wish.quietDays !== undefined && !offers.quiet))
    complaints.push({ about: "choice", text: "That answer is not offered any more. Choose another." });
  if (form.choice === "reject-quiet" && daysOf(form) === undefined)
    complaints.push({ about: "days", text: `Give a number of days from 1 to ${String(quietDaysMax)}.` });
  if (reasonOf(form).length > reasonCharactersMax)
    complaints.push({
      about: "reason",
      text: `Shorten the reason to ${String(reasonCharactersMax)} characters; it has ${String(reasonOf(form).length)}.`,
    });
  if (access.kind === "link" && !hasDigits(form, connection))
    complaints.push({
      about: "confirm",
      text: "Type the last four digits of the account number to confirm.",
    });
  return complaints;
}

/** Where having the link is enough, the last digits of the account show that a person means it. */
export const hasDigits = ({ confirm = "" }: Form, { account }: Pick<OpenView["connection"], "account">): boolean =>
  confirm.replaceAll(/\s/g, "") === account.slice(-4);

export interface Wish {
  readonly choice: Choice;
  readonly scope?: Scope;
  readonly quietDays?: number;
}

export function wishOf(form: Form): Wish | undefined {
  switch (form.choice) {
    case "approve":
      return { choice: "approve", scope: "once" };
    case "approve-account":
      return { choice: "approve", scope: "account" };
    case "reject":
      return { choice: "reject" };
    case "reject-quiet":
      return { choice: "reject", quietDays: daysOf(form) ?? 1 };
    default:
      return undefined;
  }
}

function daysOf({ days = "" }: Form): number | undefined {
  const number = /^\d{1,3}$/.test(days.trim()) ? Number(days) : 0;
  return number >= 1 && number <= quietDaysMax ? number : undefined;
}

/** On one line, so that no reader of the log takes a part of it for a line of its own. */
export const reasonOf = ({ reason = "" }: Form): string => oneLine(visible(reason), Infinity);

/** The word that no robot types was typed. */
export const isConfirmed = ({ confirm = "" }: Form): boolean => confirm.trim().toLowerCase() === codeWord;
