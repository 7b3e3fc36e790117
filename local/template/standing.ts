// A stack as it stands, and what is told of it while it changes.
import type { Members } from "../members.ts";
import type { ParameterValue, Template } from "./template.ts";
import type { Declared, Made } from "./workshop.ts";

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly attributes: Members;
  readonly declared: Declared;
  readonly made: Made;
  /** The template says to keep it when the stack no longer has it, or has another in its place. */
  readonly kept: { readonly onRemoval: boolean; readonly onReplacement: boolean };
}

export interface Stack {
  readonly name: string;
  readonly id: string;
  readonly account: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly outputs: readonly { readonly key: string; readonly value: string; readonly description?: string }[];
  readonly resources: readonly StackResource[];
  readonly createdAt: number;
}

/** What happens to one resource while the stack is brought up, changed or taken down. */
export interface Progress {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
  readonly reason?: string;
}
export type Tell = (progress: Progress) => void;
