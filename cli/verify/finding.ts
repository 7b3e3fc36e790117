// One line of the table: what was looked at, how it stands, and what mends it. A look that AWS refuses says which permission it lacks.
import type { Finding } from "../../lib/operator/doctor.ts";

export type { Finding };

export const ok = (about: string, message: string): Finding => ({ about, state: "ok", message });
/** What failed always says what mends it: with the command, wherever there is one. */
export const failed = (about: string, message: string, mend: string): Finding => ({ about, state: "failed", message, mend });
export const notReadable = (about: string, message: string, mend: string): Finding => ({ about, state: "not readable", message, mend });

const isDenied = (error: unknown): boolean =>
  /AccessDenied|NotAuthorized|Unauthorized|AuthorizationError|not authorized/i.test(
    error instanceof Error ? `${error.name} ${error.message}` : String(error),
  );

/** One call was refused, and for this permission's sake. */
export class Lacks extends Error {
  readonly permission: string;
  constructor(permission: string) {
    super(`your credentials lack ${permission}`);
    this.name = "Lacks";
    this.permission = permission;
  }
}

/** Each call is made with its own permission, so that a refusal names the right one. */
export async function needing<T>(permission: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw isDenied(error) ? new Lacks(permission) : error;
  }
}

/** Takes a look; what keeps it from being taken becomes the finding. */
export async function looked(about: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [unreadable(about, error)];
  }
}

export function unreadable(about: string, error: unknown): Finding {
  if (error instanceof Lacks)
    return notReadable(about, error.message, `allow ${error.permission} to the role you use, then repeat the command`);
  return notReadable(about, error instanceof Error ? `${error.name}: ${error.message}` : String(error), "repeat the command");
}

/** What stands in the way goes first: its mend is the mend of whatever it hinders. */
export const afterwards = (first: string): string => `mend that first: ${first}`;

/** What is to be done where nothing passed: what is wrong before it, or else to send something. */
export function noTraffic(found: readonly Finding[], again: string): string {
  const before = found.find(({ state }) => state === "failed")?.mend;
  return before === undefined ? `send a request through the endpoint, wait a few minutes, then: ${again}` : afterwards(before);
}
