// When `rate(…)`, `cron(…)` and `at(…)` expressions fire next (UTC).
import { AwsError } from "../service.ts";

export interface Schedule {
  /** The first moment after `time`; undefined when there is none any more. */
  next(time: number): number | undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const DAY_MS = 86_400_000;
const DAYS_AHEAD_MAX = 366 * 10;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** `firstTick`: the part of its period after which a rate fires first. */
export function parseSchedule(expression: string, createdAt: number, firstTick = 1): Schedule {
  const [, kind, body] = /^(rate|cron|at)\((.*)\)$/.exec(expression.trim()) ?? [];
  if (kind === "rate" && body !== undefined) return rate(body, createdAt, firstTick, expression);
  if (kind === "cron" && body !== undefined) return cron(body, expression);
  const moment = kind === "at" ? Date.parse(`${body ?? ""}Z`) : Number.NaN;
  if (Number.isNaN(moment)) throw invalid(expression);
  return { next: (time) => (moment > time ? moment : undefined) };
}

function rate(body: string, createdAt: number, firstTick: number, expression: string): Schedule {
  const [, count, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(body) ?? [];
  const value = Number(count);
  if (unit === undefined || value < 1 || (value === 1) !== (plural === "")) throw invalid(expression);
  const period = value * (UNIT_MS[unit] ?? DAY_MS);
  const first = createdAt + firstTick * period;
  return { next: (time) => first + Math.max(0, Math.floor((time - first) / period) + 1) * period };
}

function cron(body: string, expression: string): Schedule {
  const fields = body.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields;
  if (fields.length !== 6 || !minute || !hour || !dayOfMonth || !month || !dayOfWeek || !year) throw invalid(expression);
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) throw invalid(expression);
  const minutes = values(minute, 0, 59, [], expression);
  const hours = values(hour, 0, 23, [], expression);
  const months = values(month, 1, 12, MONTHS, expression);
  const years = values(year, 1970, 2199, [], expression);
  const isDay = dayOfWeek === "?" ? monthDays(dayOfMonth, expression) : weekDays(dayOfWeek, expression);
  return {
    next(time) {
      const from = new Date(time);
      let day = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
      for (let looked = 0; looked < DAYS_AHEAD_MAX; looked += 1, day += DAY_MS) {
        const date = new Date(day);
        if (!years.has(date.getUTCFullYear()) || !months.has(date.getUTCMonth() + 1) || !isDay(date)) continue;
        for (const h of hours) {
          for (const m of minutes) {
            const moment = day + h * 3_600_000 + m * 60_000;
            if (moment > time) return moment;
          }
        }
      }
      return undefined;
    },
  };
}

/** `*`, `5`, `1-5`, `0/15`, `MON,WED` … as the sorted numbers they stand for. */
function values(field: string, smallest: number, largest: number, names: readonly string[], expression: string): ReadonlySet<number> {
  const found = new Set<number>();
  const number = (part: string): number => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + smallest : Number(part);
    if (!Number.isInteger(value) || value < smallest || value > largest) throw invalid(expression);
    return value;
  };
  for (const part of field.split(",")) {
    const [range = "", step] = part.split("/");
    const [first = "", last] = range.split("-");
    const from = range === "*" || range === "?" ? smallest : number(first);
    const open = range === "*" || range === "?" || step !== undefined;
    const to = last === undefined ? (open ? largest : from) : number(last);
    const by = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(by) || by < 1 || to < from) throw invalid(expression);
    for (let value = from; value <= to; value += by) found.add(value);
  }
  return new Set([...found].sort((a, b) => a - b));
}

function lastDay(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** With `L` (last day) and `15W` (the weekday nearest to the 15th). */
function monthDays(field: string, expression: string): (date: Date) => boolean {
  if (field === "L") return (date) => date.getUTCDate() === lastDay(date);
  const near = /^(\d+)W$/.exec(field);
  if (near !== null) return (date) => date.getUTCDate() === nearestWeekday(date, Number(near[1]));
  const days = values(field, 1, 31, [], expression);
  return (date) => days.has(date.getUTCDate());
}

function nearestWeekday(date: Date, wanted: number): number {
  const last = lastDay(date);
  const day = Math.min(wanted, last);
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day)).getUTCDay();
  if (weekday === 6) return day > 1 ? day - 1 : day + 2;
  if (weekday === 0) return day < last ? day + 1 : day - 2;
  return day;
}

/** 1 is Sunday; `6L` the last Friday of the month, `3#2` its second Tuesday. */
function weekDays(field: string, expression: string): (date: Date) => boolean {
  const last = /^([1-7]|[A-Za-z]{3})L$/.exec(field);
  const nth = /^([1-7]|[A-Za-z]{3})#([1-5])$/.exec(field);
  const days = values(last?.[1] ?? nth?.[1] ?? field, 1, 7, WEEKDAYS, expression);
  return (date) => {
    if (!days.has(date.getUTCDay() + 1)) return false;
    if (last !== null) return date.getUTCDate() > lastDay(date) - 7;
    return nth === null || Math.ceil(date.getUTCDate() / 7) === Number(nth[2]);
  };
}

function invalid(expression: string): AwsError {
  return new AwsError("ValidationException", `Parameter ScheduleExpression is not valid: ${expression}`);
}
