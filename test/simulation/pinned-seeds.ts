// Lives that once went wrong, each kept as it was then: the seed's own draws may change, the pinned setup may not.

import type { Setup } from "./world.ts";

export interface Pinned {
  readonly found: string;
  readonly setup: Omit<Setup, "script" | "scenario">;
}

export const pinned: readonly Pinned[] = [];
