// What else waits for an approver who is signed in: how many questions, and the way to the list of them.

import { UnreadableRow } from "../faults.ts";
import type { Keys } from "../ports.ts";
import { listToken, type Link } from "../web/links.ts";
import { openQuestions, type QuestionsPorts } from "./open-questions.ts";
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
  const items = await openQuestions(ports, approver).then(
    (open) => open.items,
    (error: unknown) => {
      // A row that cannot be read, maybe of another service, hides the way to the list and nothing else.
      if (error instanceof UnreadableRow) return undefined;
      throw error;
    },
  );
  return items && { count: items.filter(({ agreed }) => !agreed).length, token: listToken(keys, { approver, expires }) };
}
