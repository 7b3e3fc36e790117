// An operator's own answer: approve or reject a connection, through the same loop as everybody's.

import type { Connection } from "../connection.ts";
import { optional } from "../connection.ts";
import type { Choice, ConnectionEvent } from "../events.ts";
import { Refused } from "../faults.ts";
import type { Change } from "../ledger.ts";
import { run } from "../loop/run.ts";
import type { Ledger } from "../ports.ts";
import { sentence, statusWords } from "../wording.ts";
import { recordOf } from "./connections.ts";
import { answeredConnection, read } from "./inputs.ts";
import type { Operator, OperatorPorts } from "./operator.ts";
import { inCare } from "./services.ts";

export interface Answered {
  readonly connection: Connection;
  /** What the answer came to, in words. */
  readonly sentence: string;
}

export const approve = (ports: OperatorPorts, actor: Operator, input: unknown): Promise<Answered> => answer(ports, actor, "approve", input);
/** Also ends a connection that is accepted, when that is confirmed. */
export const reject = (ports: OperatorPorts, actor: Operator, input: unknown): Promise<Answered> => answer(ports, actor, "reject", input);

async function answer(ports: OperatorPorts, by: Operator, choice: Choice, input: unknown): Promise<Answered> {
  const { endpoint, reason, confirm } = read(answeredConnection, input);
  const { service } = await recordOf(ports, endpoint);
  const { mode } = await inCare(ports, service);
  if (mode === "observe")
    throw new Refused(
      "ObserveOnly",
      `${service} is only observed: nothing is accepted or rejected there`,
      `turn it on with: drawbridge services enforce ${service}`,
    );
  const committed: ConnectionEvent[] = [];
  const ledger = guarded(ports.ledger, confirm, committed);
  const signal = { kind: "answered", choice, by, ...optional("reason", reason) } as const;
  const { clock, newId, services, connections, endpointServices, allowList } = ports;
  await run(
    { clock, newId, services, connections, endpointServices, allowList, ledger },
    { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] },
  );
  const connection = await recordOf(ports, endpoint);
  return { connection, sentence: outcome(connection, committed) };
}

/** Commits what the loop decides, and keeps it in view; the one thing it will not commit unconfirmed is the end of a live connection. */
function guarded(ledger: Pick<Ledger, "commit">, confirmed: boolean, committed: ConnectionEvent[]): Pick<Ledger, "commit"> {
  return {
    async commit(change: Change): ReturnType<Ledger["commit"]> {
      const events = change.of === "connection" ? change.events : [];
      if (!confirmed && events.some(ownRevocation))
        throw new Refused(
          "ConfirmationNeeded",
          "The connection is accepted: rejecting it cuts it off",
          'confirm it to go on: --yes on the command line, "confirm": true in the API',
        );
      const head = await ledger.commit(change);
      if (typeof head !== "string") committed.push(...events);
      return head;
    },
  };
}

const ownRevocation = (event: ConnectionEvent): boolean =>
  event.type === "ConnectionDenied" && event.revokes && event.by.kind === "operator";

function outcome(connection: Connection, committed: readonly ConnectionEvent[]): string {
  const refused = committed.findLast((event) => event.type === "AnswerRefused");
  if (refused?.type === "AnswerRefused") {
    const rejected = refused.why.startsWith("a reject entry applies");
    throw new Refused(
      rejected ? "RejectEntryApplies" : "AlreadyDecided",
      `${connection.endpoint} (${statusWords[connection.status]}): the answer was refused, ${refused.why}`,
      rejected ? "change or remove that entry first" : `see what happened with: drawbridge show ${connection.endpoint}`,
    );
  }
  const own = committed.findLast(
    ({ by, type }) => by.kind === "operator" && (type === "ConnectionApproved" || type === "ConnectionDenied"),
  );
  return own === undefined ? statusWords[connection.status] : sentence(own);
}
