// Carrying a change set out, or taking a stack down, step by step in the stack's events.
import { randomUUID } from "node:crypto";

import type { Clock } from "../service.ts";
import type { Tell } from "../template/standing.ts";
import { bringUp, StackFailure, takeAway } from "../template/stack.ts";
import type { Workshop } from "../template/workshop.ts";
import type { ChangeSet, Held } from "./cloudformation-stacks.ts";

/** Brings the stack to what the change set says; failing, back to what it was. From its success on nothing brings it back. */
export async function execute(held: Held, set: ChangeSet, workshop: Workshop, clock: Clock): Promise<void> {
  const verb = held.stack === undefined && set.kind !== "IMPORT" ? "CREATE" : set.kind === "IMPORT" ? "IMPORT" : "UPDATE";
  const tell = teller(held, clock);
  const tellStack = stackTeller(held, tell);
  tellStack(`${verb}_IN_PROGRESS`);
  try {
    held.template ??= set.wanted.template;
    const { stack, left } = await bringUp(held.stack, set.wanted, workshop, tell);
    held.stack = stack;
    held.template = stack.template;
    held.given = set.wanted.parameters;
    if (verb === "UPDATE") held.changedAt = clock.now();
    if (verb === "UPDATE") tellStack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    // What cannot be removed is told, and belongs to no stack any more.
    for (const { resource, stays } of left) await takeAway(resource, stays, tell).catch(() => undefined);
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
    for (let { stack } = held; stack !== undefined; { stack } = held) {
      const resource = stack.resources.at(-1);
      if (resource === undefined) break;
      const stays = resource.kept.onRemoval || retain.has(resource.logicalId);
      await takeAway(resource, stays, tell);
      // Whoever tries again after a failure begins with what is left.
      held.stack = { ...stack, resources: stack.resources.slice(0, -1) };
      if (stays) held.kept = [...held.kept, resource.physicalId];
    }
    await workshop.end();
    held.deletedAt = clock.now();
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
    held.reason = reason;
    tell({ logicalId: name, type: "AWS::CloudFormation::Stack", physicalId: id, status, ...(reason === undefined ? {} : { reason }) });
  };
}
