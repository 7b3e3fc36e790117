// What is not as it should be, with what to do about it, a line each.

import { prose } from "./render.ts";
import type { Look } from "./terminal.ts";

export const problemLines = (
  problems: readonly { readonly message: string; readonly remedy: string }[] = [],
  look: Pick<Look, "width">,
): string[] => problems.map(({ message, remedy }) => prose(`! ${message}; ${remedy}`, look, 2));
