// The stacks that CloudFormation knows, those that are gone included, and their change sets.
import type { Caller } from "../service.ts";
import type { Change } from "../template/change.ts";
import type { Stack } from "../template/standing.ts";
import type { Wanted } from "../template/stack.ts";
import type { Template } from "../template/template.ts";
import type { StackPlace, Workshop } from "../template/workshop.ts";

export interface Held {
  readonly place: StackPlace;
  status: string;
  reason: string | undefined;
  /** What it was last made of, or what its making was tried with. */
  template: Template | undefined;
  /** Undefined while there is nothing but a change set. */
  stack: Stack | undefined;
  given: Readonly<Record<string, string>>;
  workshop: Workshop | undefined;
  readonly createdAt: number;
  changedAt?: number;
  deletedAt?: number;
  /** Nobody may delete it. */
  isProtected?: boolean;
  readonly events: Event[];
  readonly changeSets: Map<string, ChangeSet>;
  kept: readonly string[];
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly kind: "CREATE" | "UPDATE" | "IMPORT";
  readonly wanted: Wanted;
  readonly rows: readonly Change[];
  status: string;
  readonly reason?: string;
  executed: string;
  readonly caller: Caller;
}

export interface Event {
  readonly id: string;
  readonly at: number;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
  readonly reason?: string;
}
