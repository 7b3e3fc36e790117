// The form under a question: its fields as a browser sends them, and what the person wishes by them.

import type { Connection } from "../connection.ts";
import type { Choice, Scope } from "../events.ts";
import { oneLine, visible } from "../harmless.ts";
import { quietDaysMax } from "./standing-entry.ts";

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

/** Where having the link is enough, the last digits of the account show that a person means it. */
export const isConfirmed = ({ confirm = "" }: Form, { account }: Pick<Connection, "account">): boolean =>
  confirm.replaceAll(/\s/g, "") === account.slice(-4);

/** What a form says when it says something. */
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

export function daysOf({ days = "" }: Form): number | undefined {
  const number = /^\d{1,3}$/.test(days.trim()) ? Number(days) : 0;
  return number >= 1 && number <= quietDaysMax ? number : undefined;
}

/** On one line, so that no reader of the log takes a part of it for a line of its own. */
export const reasonOf = ({ reason = "" }: Form): string => oneLine(visible(reason), Infinity);
