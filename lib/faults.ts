// What can go wrong, by name: each fault says what happened, where, what to do, and whether a retry can help.

/** Somebody gave us something that cannot be right. Never retried; the edge answers 400 or exit code 2. */
export class BadInput extends Error {
  readonly code = "BadInput";
  readonly field: string;
  readonly value: unknown;
  readonly remedy: string;
  constructor(field: string, value: unknown, remedy: string) {
    super(`${field}: ${shown(value)} is not valid; ${remedy}`);
    this.name = "BadInput";
    this.field = field;
    this.value = value;
    this.remedy = remedy;
  }
}

/** A request that is well formed but that Drawbridge will not do as things are. The edge answers 409, or 404 when nothing is there. */
export class Refused extends Error {
  readonly code: RefusalCode;
  readonly remedy: string;
  constructor(code: RefusalCode, message: string, remedy: string) {
    super(message);
    this.name = "Refused";
    this.code = code;
    this.remedy = remedy;
  }
}

export type RefusalCode =
  | "NotFound"
  | "AlreadyDecided"
  | "NotInCare"
  | "AlreadyInCare"
  | "AcceptanceNotRequired"
  | "TagMissing"
  | "ZoneNotAllowed"
  | "VersionClash"
  | "UnreadableEntry"
  | "RejectEntryApplies"
  | "ObserveOnly"
  | "ConfirmationNeeded"
  | "Expired"
  | "NotConfigured"
  | "NotAnApprover"
  | "NotOffered";

/** Something we depend on did not do its part. `retryable` says whether the same call may succeed later. */
export class Fault extends Error {
  readonly code: string;
  readonly where: string;
  readonly retryable: boolean;
  constructor(code: string, where: string, message: string, retryable: boolean, cause?: unknown) {
    super(`${where}: ${code}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = "Fault";
    this.code = code;
    this.where = where;
    this.retryable = retryable;
  }
}

/** A row that is not what its table holds. `row` is as it was found, `why` what is wrong with it. */
export class UnreadableRow extends Fault {
  readonly row: Readonly<Record<string, unknown>>;
  readonly why: string;
  constructor(table: string, what: string, row: Readonly<Record<string, unknown>>, why: string) {
    super("UnreadableRow", `table ${table}`, `${what}: ${why}; put it right, or restore it from a backup`, false);
    this.name = "UnreadableRow";
    this.row = row;
    this.why = why;
  }
}

/** A message that cannot be understood. It fails its item and ends in the dead-letter queue. */
export class Unreadable extends Error {
  readonly code = "Unreadable";
  constructor(what: string, why: string) {
    super(`${what} cannot be read: ${why}`);
    this.name = "Unreadable";
  }
}

/** For errors of any kind, the words that a log or a reply shows. */
export function explainError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "Unknown", message: String(error) };
  const code = (error as { code?: unknown }).code;
  return { code: typeof code === "string" ? code : error.name, message: error.message };
}

const shown = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "nothing");
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
};
