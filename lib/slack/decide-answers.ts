// The queue's side of Slack's answers: who pressed is looked up, the answer decided as any other, and the person told what came of it.

import { noteStranger, takeAnswer, type TakePorts, type Taken } from "../asking/take-answer.ts";
import { once } from "../asking/once.ts";
import { Fault } from "../faults.ts";
import type { Approvers, Proofs, Slips } from "../ports.ts";
import type { SlackAnswer } from "./interaction.ts";
import { onlyForYou } from "./message.ts";
import { outcomeOf } from "./outcome.ts";
import { notePressed } from "./reach.ts";
import { responseUrlOf } from "./secret.ts";
import type { Post } from "./web-api.ts";

export interface DecidePorts extends TakePorts {
  readonly approvers: Approvers;
  readonly proofs: Proofs;
  readonly slips: Pick<Slips, "put">;
  readonly post: Post;
  readonly warn: (message: string, keys: Readonly<Record<string, unknown>>) => void;
}

interface Item {
  readonly id: string;
  readonly wanted: SlackAnswer;
}
interface Failed {
  readonly id: string;
  readonly error: unknown;
  readonly againSeconds?: number;
}

/** Another answer to the same question is being recorded; it takes a second or two. */
const busySeconds = 2;
const tellMs = 3000;

/** Each by itself: what fails goes back to the queue, and what was decided is not decided again when it comes twice. */
export async function decideAnswers(ports: DecidePorts, items: readonly Item[]): Promise<Failed[]> {
  const results = await Promise.all(
    items.map(async ({ id, wanted }): Promise<Failed[]> => {
      try {
        await once(ports.proofs, `slack-answer#${wanted.id}`, () => decideOne(ports, wanted));
        return [];
      } catch (error) {
        return [{ id, error, ...(error instanceof Fault && error.code === "Busy" ? { againSeconds: busySeconds } : {}) }];
      }
    }),
  );
  return results.flat();
}

async function decideOne(ports: DecidePorts, answer: SlackAnswer): Promise<void> {
  const { endpoint, question, choice, scope, quietDays, reason, user } = answer;
  const approver = (await ports.approvers.all()).find(({ slack }) => slack === user);
  if (approver === undefined) {
    await noteStranger(ports, { endpoint, question, choice, source: `Slack, ${user}` });
    ports.warn("Somebody in Slack who is no approver chose, which decides nothing", { user, choice, connection: endpoint });
    return tell(ports, answer, `Nothing was decided: you are not an approver. An operator can add you, as the Slack user ${user}.`);
  }
  await notePressed(ports, user);
  const taken = await takeAnswer(ports, {
    endpoint,
    question,
    approver,
    channel: "slack",
    choice,
    source: `Slack, ${user}`,
    ...(scope === undefined ? {} : { scope }),
    ...(quietDays === undefined ? {} : { quietDays }),
    ...(reason === undefined ? {} : { reason }),
  });
  if (taken.kind === "busy") throw new Fault("Busy", "the question", "another answer to it is being recorded", true);
  await tell(ports, answer, words(taken, question));
}

function words(taken: Exclude<Taken, { kind: "busy" }>, question: string): string {
  switch (taken.kind) {
    case "decided":
      return `Recorded. ${outcomeOf(taken.connection, question) ?? "Decided"}.`;
    case "counted":
      return `Recorded: ${String(taken.given)} of ${String(taken.quorum)} agree. The others have been asked too.`;
    case "late":
      return `Your answer came too late and changes nothing. ${outcomeOf(taken.connection, question) ?? "The question is closed"}.`;
    case "refused":
      return `Your answer does not count: ${taken.why}.`;
    case "gone":
      return "Drawbridge no longer looks after this service, so nothing was decided. Ask whoever operates it.";
  }
}

/** What was decided stands, whether or not the person can be told: Slack takes answers for half an hour only. */
async function tell({ post, warn }: DecidePorts, { responseUrl, endpoint }: SlackAnswer, text: string): Promise<void> {
  const url = responseUrlOf(responseUrl);
  if (url === undefined) return;
  try {
    const { status } = await post(url, onlyForYou(text), { timeoutMs: tellMs });
    if (status !== 200) warn("Slack did not pass an answer on", { status, connection: endpoint });
  } catch (error) {
    warn("Slack did not pass an answer on", { reason: error instanceof Error ? error.message : String(error), connection: endpoint });
  }
}
