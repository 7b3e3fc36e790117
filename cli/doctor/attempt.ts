// A look that AWS may refuse: it then says which permission is missing, and hides no other look.

import type { Finding } from "../../lib/operator/doctor.ts";

export async function attempt<T extends object>(about: string, permission: string, work: () => Promise<T>): Promise<T | Finding> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const isDenied = /AccessDenied|NotAuthorized|Unauthorized|AuthorizationError|not authorized/i.test(`${name} ${message}`);
    if (!isDenied) return { about, state: "not readable", message: `${name}: ${message}` };
    return {
      about,
      state: "not readable",
      message: `your credentials lack ${permission}`,
      mend: "attach the stack's policy OperatorPolicyArn to your role",
    };
  }
}

export const found = async (about: string, permission: string, work: () => Promise<Finding[]>): Promise<Finding[]> => {
  const result = await attempt(about, permission, work);
  return "about" in result ? [result] : result;
};

/** Nothing for what is not there, in any service's words. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { name = "", code = "" } = error as { readonly name?: string; readonly code?: unknown };
    if (/NonExistentQueue|QueueDoesNotExist|ResourceNotFoundException/.test(`${name} ${String(code)}`)) return undefined;
    throw error;
  }
}

/** Puts back whatever somebody took away from the stack. */
export const repair = "npm run deploy -- repair";
