// What is not as it should be, with what to do about it, a line each.

import { harmless } from "./render.ts";

export const problemLines = (problems: readonly { readonly message: string; readonly remedy: string }[] = []): string[] =>
  problems.map(({ message, remedy }) => harmless(`! ${message}; ${remedy}`));
