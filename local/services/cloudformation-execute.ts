// Carrying a change set out, or taking a stack down, step by step in the stack's events.
import { randomUUID } from "node:crypto";

import type { Clock } from "../service.ts";
import type { Tell } from "../template/standing.ts";
import { bringUp, StackFailure, takeDown } from "../template/stack.ts";
import type { Workshop } from "../template/workshop.ts";
import type { ChangeSet, Held } from "./cloudformation-stacks.ts";

/** Brings the stack to what the change set says; failing, back to what it was. */
export async function execute(held: Held, set: ChangeSet, workshop: Workshop, clock: Clock): Promise<void> {
  const verb = held.stack === undefined && set.kind !== "IMPORT" ? "CREATE" : set.kind === "IMPORT" ? "IMPORT" : "UPDATE";
  const tell = teller(held, clock);
  const tellStack = stackTeller(held, tell);
  tellStack(`${verb}_IN_PROGRESS`);
  try {
    held.stack = await bringUp(held.stack, set.wanted, workshop, tell);
    held.given = set.wanted.parameters;
    if (verb === "UPDATE") held.changedAt = clock.now();
    tellStack(`${verb}_COMPLETE`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const back = verb === "CREATE" ? "ROLLBACK" : `${verb}_ROLLBACK`;
    tellStack(`${back}_IN_PROGRESS`, reason);
    try {
      if (error instanceof StackFailure) await error.undo();
      tellStack(`${back}_COMPLETE`);
    } catch (again) {
      tellStack(`${back}_FAILED`, String(again));
    }
  }
}

export async function remove(held: Held, retain: ReadonlySet<string>, workshop: Workshop, clock: Clock): Promise<void> {
  const tell = teller(held, clock);
  const tellStack = stackTeller(held, tell);
  tellStack("DELETE_IN_PROGRESS");
  try {
    const kept = held.stack === undefined ? [] : await takeDown(held.stack, retain, tell);
    held.kept = kept.map(({ physicalId }) => physicalId);
    await workshop.end();
    tellStack("DELETE_COMPLETE");
  } catch (error) {
    tellStack("DELETE_FAILED", error instanceof Error ? error.message : String(error));
  }
}

function teller(held: Held, clock: Clock): Tell {
  return ({ logicalId, type, physicalId, status, reason }) =>
    void held.events.push({
      id: randomUUID(),
      at: clock.now(),
      logicalId,
      type,
      physicalId,
      status,
      ...(reason === undefined ? {} : { reason }),
    });
}

function stackTeller(held: Held, tell: Tell): (status: string, reason?: string) => void {
  const { name, id } = held.place;
  return (status, reason) => {
    held.status = status;
    if (reason !== undefined) held.reason = reason;
    tell({ logicalId: name, type: "AWS::CloudFormation::Stack", physicalId: id, status, ...(reason === undefined ? {} : { reason }) });
  };
}
