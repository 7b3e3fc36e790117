// In which order resources are made: each after what it refers to or depends on.
import { texts, type Members } from "../members.ts";
import { references } from "./intrinsics.ts";

/** Logical ids, in the template's own order where nothing else matters. */
export function creationOrder(resources: Readonly<Record<string, Members>>): readonly string[] {
  const order: string[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (id: string, path: readonly string[]): void => {
    if (state.get(id) === "done") return;
    if (state.get(id) === "open") throw new Error(`Circular dependency between resources: [${path.slice(path.indexOf(id)).join(", ")}]`);
    state.set(id, "open");
    for (const needed of dependencies(resources[id] ?? {})) if (needed in resources) visit(needed, [...path, id]);
    state.set(id, "done");
    order.push(id);
  };
  for (const id of Object.keys(resources)) visit(id, []);
  return order;
}

function dependencies(resource: Members): readonly string[] {
  return [...texts(resource, "DependsOn"), ...references(resource["Properties"])];
}
