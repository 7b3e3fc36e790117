// What else waits for an approver who is signed in: how many questions, and the way to the list of them.

import type { Keys } from "../ports.ts";
import { listToken, type Link } from "../web/links.ts";
import { openQuestions, type QuestionsPorts } from "./open-questions.ts";
import { readable } from "./readable.ts";
import { sessionOf, type ProofPorts } from "./proof.ts";

export interface Others {
  readonly count: number;
  /** Of the list's link. */
  readonly token: string;
}

/** Nothing for whoever only has the link: it leads to one question. */
export async function othersOf(
  ports: QuestionsPorts & Pick<ProofPorts, "slips"> & { readonly keys: Keys },
  { approver, expires }: Link,
  browser: string,
): Promise<Others | undefined> {
  if ((await sessionOf(ports, browser))?.approver !== approver) return undefined;
  const keys = await ports.keys.link();
  const open = await readable(openQuestions(ports, approver));
  return open && { count: open.items.filter(({ agreed }) => !agreed).length, token: listToken(keys, { approver, expires }) };
}
