// One line of the table: what was looked at, how it stands, and what mends it. A look that AWS refuses says which permission it lacks.
import type { Finding } from "../../lib/operator/doctor.ts";

export type { Finding };

export const ok = (about: string, message: string): Finding => ({ about, state: "ok", message });
export const failed = (about: string, message: string, mend?: string): Finding => ({
  about,
  state: "failed",
  message,
  ...(mend === undefined ? {} : { mend }),
});
export const notReadable = (about: string, message: string, mend?: string): Finding => ({
  about,
  state: "not readable",
  message,
  ...(mend === undefined ? {} : { mend }),
});

export const isDenied = (error: unknown): boolean =>
  /AccessDenied|NotAuthorized|Unauthorized|AuthorizationError|not authorized/i.test(
    error instanceof Error ? `${error.name} ${error.message}` : String(error),
  );

/** Takes a look; what keeps it from being taken becomes the finding. */
export async function looked(about: string, permission: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (!isDenied(error)) return [notReadable(about, said)];
    return [notReadable(about, `your credentials lack ${permission}`, `allow ${permission} to the role you use, then repeat the command`)];
  }
}
