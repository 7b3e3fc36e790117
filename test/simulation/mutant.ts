// A fault planted in our own code: a text found exactly once in one file, and what stands there instead.

import type { Setup } from "./world.ts";

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly (readonly [find: string, replace: string])[];
  /** What the lives must have in which it can show; usually what each draws. */
  readonly lives?: Partial<Setup>;
}

export const one = (file: string, name: string, find: string, replace: string): Mutant => ({
  name,
  file: `lib/${file}`,
  edits: [[find, replace]],
});
