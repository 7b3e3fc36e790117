// Whose events are asked for: an IAM ARN in each part that it plays, an approver's name, or the words by which lists show somebody.

import { actorKey, type Actor } from "../events.ts";
import { isEvent } from "../ledger.ts";
import type { Ledger } from "../ports.ts";
import { actorWords } from "../wording.ts";
import { all } from "./paging.ts";

export interface AskedActor {
  /** What the index files them under; none where only the event itself tells. */
  readonly keys?: readonly string[];
  readonly is: (actor: Actor) => boolean;
}

export async function askedActor(ledger: Pick<Ledger, "search">, given: string): Promise<AskedActor> {
  if (given.startsWith("arn:")) {
    const names = await approversWith(ledger, given);
    return {
      keys: [`operator ${given}`, `outside ${given}`, ...names.map((name) => `approver ${name}`)],
      is: (actor) => "arn" in actor && actor.arn === given,
    };
  }
  if (/^(operator|approver|entry|outside) /.test(given)) return ofKey(given);
  const words = given.toLowerCase();
  if (words === "aws" || words === "drawbridge" || words === "outside") return ofKey(words);
  if (words === "somebody outside") return ofKey("outside");
  const shown = (actor: Actor): boolean => actorWords(actor).toLowerCase() === words;
  const [, name] = /^(.+) \((?:link|slack)\)$/i.exec(given) ?? [];
  if (name !== undefined) return { keys: [`approver ${name}`], is: shown };
  // Many entries, and identities whose path is not shown.
  if (words === "allow-list" || / of \d{12}(, outside)?$/.test(words))
    return { is: (actor) => shown(actor) || actorKey(actor) === `approver ${given}` };
  return ofKey(`approver ${given}`);
}

const ofKey = (key: string): AskedActor => ({ keys: [key], is: (actor) => actorKey(actor) === key });

/** So many versions of approvers are looked at; there are few. */
const versionsMax = 1000;
/** So many names one identity had at most. */
const namesMax = 10;

/** The names of those who ever were approvers with the identity. */
async function approversWith(ledger: Pick<Ledger, "search">, arn: string): Promise<string[]> {
  const { items } = await all(
    (page) => ledger.search({ by: "type", value: ["ApproverAdded", "ApproverChanged"], oldestFirst: true }, page),
    versionsMax,
  );
  const names = items.filter(isEvent).flatMap(({ event }) => {
    if (event.type !== "ApproverAdded" && event.type !== "ApproverChanged") return [];
    return (event.to as { arn?: unknown } | undefined)?.arn === arn ? [event.name] : [];
  });
  return [...new Set(names)].slice(0, namesMax);
}
