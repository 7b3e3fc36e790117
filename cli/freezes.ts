// The commands freeze, unfreeze and freezes: nothing is accepted automatically until it is lifted.

import type { Freeze } from "../lib/freeze.ts";
import { isServiceId } from "../lib/ids.ts";
import type { Frozen } from "../lib/operator/freezes.ts";
import { personWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { wrongUsage } from "./failure.ts";
import { followWords, foreseen, noneTouched } from "./outlook.ts";
import { harmless, minute, moment } from "./render.ts";
import { table } from "./table.ts";

const service = "vpce-svc-0123456789abcdef0";

const freeze: Command = {
  name: "freeze",
  operands: "<service-id|all>",
  summary: "accept nothing automatically: people are asked instead",
  more: "Reject entries go on rejecting, and nobody who is connected is cut. Lift it with unfreeze.",
  options: { reason: { value: "TEXT", help: "why; shown to those who are asked" }, ...yes },
  examples: [`drawbridge freeze ${service} --reason "incident 42"`, `drawbridge freeze all --reason "incident 42" --yes`],
  async run(call) {
    const id = frozenId(operandsOf(call, this, 1));
    const reason = call.given.text("reason");
    if (reason === undefined) throw wrongUsage("--reason is missing", "say why: it is shown to those who are asked");
    await confirm(call, `Accept nothing automatically at ${wordsOf(id)}, and ask people instead?`);
    const done = await call.api.put<Frozen>(pathOf("freezes", id), { reason });
    call.result(done, () =>
      done.changed
        ? `Frozen: at ${wordsOf(id)} nothing is accepted automatically. Lift it with: drawbridge unfreeze ${id === "*" ? "all" : id}`
        : `Nothing changed, it has been frozen ${frozenWords(done.freeze)}`,
    );
  },
};

const unfreeze: Command = {
  name: "unfreeze",
  operands: "<service-id|all>",
  summary: "lift a freeze: the allow-list accepts again",
  more: "Those who were asked about meanwhile, and whom the list accepts, are accepted now: who, is shown before.",
  options: { reason: { value: "TEXT", help: "why, for the log" }, ...yes },
  examples: [`drawbridge unfreeze ${service}`, "drawbridge unfreeze all --reason over --yes"],
  async run(call) {
    const id = frozenId(operandsOf(call, this, 1));
    const done = await foreseen(
      call,
      ({ preview }) => call.api.delete<Frozen>(pathOf("freezes", id), { reason: call.given.text("reason"), preview: preview && "true" }),
      () => `Let the allow-list accept again at ${wordsOf(id)}?`,
    );
    call.result(done, () => {
      const follows = done.outlook === undefined ? noneTouched : followWords(done.outlook);
      const lifted = `No longer frozen: ${wordsOf(id)}. It was ${frozenWords(done.freeze)}`;
      return follows === noneTouched ? lifted : `${lifted}\nWhat follows: ${follows}.`;
    });
  },
};

const freezes: Command = {
  name: "freezes",
  operands: "",
  summary: "what is frozen, since when, by whom and why",
  options: {},
  examples: ["drawbridge freezes", "drawbridge freezes --json"],
  async run(call) {
    operandsOf(call, this, 0);
    const { items } = await call.api.get<{ items: Freeze[] }>("/freezes");
    call.result({ items }, () => (items.length === 0 ? "Nothing is frozen." : freezesTable(items, call)));
  },
};

const freezesTable = (items: readonly Freeze[], { terminal }: Pick<Call, "terminal">): string =>
  table(
    [{ head: "WHAT" }, { head: "SINCE (UTC)" }, { head: "BY", breaks: true }, { head: "WHY", breaks: true }],
    items.map(({ id, at, by, reason }) => [wordsOf(id), minute(at), personWords(by), reason]),
    terminal,
  );

function frozenId([given = ""]: readonly string[]): string {
  if (given === "all" || given === "*") return "*";
  if (isServiceId(given)) return given;
  throw wrongUsage(`${given} cannot be frozen`, "give a service's id, such as vpce-svc-0123456789abcdef0, or all");
}
const wordsOf = (id: string): string => (id === "*" ? "every service" : id);
const frozenWords = ({ at, by, reason }: Freeze): string => harmless(`since ${moment(at)}, by ${personWords(by)}: ${reason}`);

export const freezeCommands: readonly Command[] = [freeze, unfreeze, freezes];
