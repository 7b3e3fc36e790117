// Clients that break off: after one of their calls AWS has done its work, its answer is lost, and nothing is heard from them again. So end
// a Ctrl-C, a lost network and credentials that run out.
import type { Clients, JsonCall } from "../../scripts/deploy/clients.ts";
import { clientsOf } from "../../scripts/deploy/clients.ts";
import { account, region } from "./place.ts";

export class BrokenOff extends Error {}

export interface Breaking {
  readonly clients: Clients;
  /** The calls that came to AWS, in their order. */
  readonly calls: readonly string[];
  readonly isBroken: () => boolean;
  /** Until every call that was sent is answered. */
  readonly settled: () => Promise<unknown>;
}

/** `last` says after which call, by its number from 0 and its name; with `undefined`, none is sent at all. */
export function breakingOff(last: (index: number, name: string) => boolean): Breaking {
  const calls: string[] = [];
  const sent: Promise<unknown>[] = [];
  let broken = false;
  const through = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (broken) throw new BrokenOff(`${name} was never sent`);
    const index = calls.length;
    calls.push(name);
    if (last(index, name)) broken = true;
    const done = work();
    sent.push(done.catch(() => undefined));
    const answer = await done;
    if (broken) throw new BrokenOff(`the answer of ${name} is lost`);
    return answer;
  };
  const { region: of, ...all } = clientsOf(region, { accessKeyId: account, secretAccessKey: "local" });
  const clients = Object.fromEntries(
    Object.entries(all).map(([service, client]) => {
      if (typeof client === "function") {
        const call: JsonCall = (action, input) => through(action, () => client(action, input));
        return [service, call];
      }
      const stack = client.middlewareStack as Stack;
      stack.add(
        (next, { commandName = "" }) =>
          (args) =>
            through(commandName.replace(/Command$/, ""), () => next(args)),
        {
          step: "initialize",
          priority: "high",
        },
      );
      return [service, client];
    }),
  );
  return {
    clients: { region: of, ...clients } as Clients,
    calls,
    isBroken: () => broken,
    settled: () => Promise.all(sent),
  };
}

interface Stack {
  add: (
    middleware: (next: (args: object) => Promise<object>, context: { readonly commandName?: string }) => (args: object) => Promise<object>,
    options: { readonly step: "initialize"; readonly priority: "high" },
  ) => void;
}
