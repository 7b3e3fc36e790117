// Finds the action of a REST request by its method and path, and reads the members that the path and query string carry.

import { scalarFromText } from "./scalars.ts";
import type { Operation } from "./shapes.ts";

export interface RestRoutes {
  match(method: string, url: URL): { operation: Operation; bound: Record<string, unknown> } | undefined;
}

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly steps: readonly string[];
  /** Query parameters that the path pattern itself demands. */
  readonly fixed: readonly (readonly [string, string])[];
}

export function restRoutes(operations: readonly Operation[]): RestRoutes {
  const routes = operations.flatMap((operation): Route[] => {
    if (operation.http === undefined) return [];
    const [method, pattern] = operation.http;
    const [path = "", query = ""] = pattern.split("?");
    return [{ operation, method, steps: stepsOf(path), fixed: [...new URLSearchParams(query)] }];
  });
  // A literal step wins over a label: `/hostedzonesbyname` before `/{Id}`.
  routes.sort((a, b) => labels(a) - labels(b));
  return {
    match(method, url) {
      const given = stepsOf(url.pathname);
      for (const route of routes) {
        const bound = route.method === method ? bind(route, given, url.searchParams) : undefined;
        if (bound !== undefined) return { operation: route.operation, bound };
      }
      return undefined;
    },
  };
}

function bind(route: Route, given: readonly string[], query: URLSearchParams): Record<string, unknown> | undefined {
  if (given.length !== route.steps.length || route.fixed.some(([name, value]) => query.get(name) !== value)) return undefined;
  const bound: Record<string, unknown> = {};
  for (const [at, step] of route.steps.entries()) {
    const label = /^\{(\w+)\+?\}$/.exec(step)?.[1];
    const part = given[at] ?? "";
    if (label === undefined && step !== part) return undefined;
    if (label !== undefined) bound[label] = part;
  }
  for (const member of route.operation.input.members) {
    const name = member.traits.httpQuery;
    const text = name === undefined ? null : query.get(name);
    if (text !== null) bound[member.name] = scalarFromText(member.shape(), text, member.name);
  }
  return bound;
}

function stepsOf(path: string): readonly string[] {
  return path
    .split("/")
    .filter((step) => step !== "")
    .map(decode);
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function labels(route: Route): number {
  return route.steps.filter((step) => step.startsWith("{")).length;
}
