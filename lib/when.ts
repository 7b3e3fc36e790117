// Times as people read them: in UTC, and how long ago.

import { milliseconds, type Instant } from "./ids.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `23 Nov 2026, 10:00 UTC`. */
export function utc(at: Instant): string {
  const [, year = "", month = "", day = "", time = ""] = /^(\d+)-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(at) ?? [];
  return `${String(Number(day))} ${months[Number(month) - 1] ?? month} ${year}, ${time} UTC`;
}

/** As somebody said it, to the last digit: `2027-12-31 18:00 UTC`, `2027-12-31 18:00:30 UTC`. */
export const exactly = (at: Instant): string => `${at.replace("T", " ").replace(/(:00)?\.000Z$|Z$/, "")} UTC`;

/** `4 minutes ago`; `just now` for less than a minute, and for a time that another clock puts into the future. */
export function ago(at: Instant, now: Instant): string {
  const minutes = Math.floor((milliseconds(now) - milliseconds(at)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return counted(minutes, "minute");
  if (minutes < 48 * 60) return counted(Math.floor(minutes / 60), "hour");
  return counted(Math.floor(minutes / (24 * 60)), "day");
}

const counted = (count: number, unit: string): string => `${String(count)} ${unit}${count === 1 ? "" : "s"} ago`;
