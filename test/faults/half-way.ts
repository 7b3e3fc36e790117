// Functions that end half-way: a stack whose functions have a few seconds only, and calls that AWS does while their caller dies.

import { expect } from "vitest";
import type { CallFault, Injected } from "../../local/call-faults.ts";
import { openWorld, setting, type World } from "./world.ts";

/** The events of a connection that is let in, however often somebody had to begin again. */
export const accepted = ["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"];

/** Notify gathers questions for three seconds before it mails. The sweep begins nothing that its time would not do for. */
const seconds = { Observe: 4, Notify: 8, Answer: 4, Api: 4 };

export const openHasty = (): Promise<World> =>
  openWorld({
    resources: setting(Object.fromEntries(Object.entries(seconds).map(([name, Timeout]) => [`${name}LambdaFunction`, { Timeout }]))),
  });

/** AWS does it, and its caller dies before it is told. */
export const fatal = (world: World, by: string, call: Omit<CallFault, "times" | "instead" | "by">): Injected =>
  world.refuse({
    ...call,
    by,
    times: 1,
    instead: async (input, work) => {
      const result = await work(input);
      world.local.crash(by);
      return result;
    },
  });

export function died(world: World, name: string): void {
  expect(world.local.logs(name).join("\n")).toContain("Runtime.ExitError");
}
