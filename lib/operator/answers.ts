// An operator's own answer: approve or reject a connection, through the same loop as everybody's.

import { isIdentity } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { Choice, ConnectionEvent, RefusalCause } from "../events.ts";
import { BadInput, Refused } from "../faults.ts";
import type { EndpointId } from "../ids.ts";
import type { Change } from "../ledger.ts";
import { withAuthors } from "../asking/known-authors.ts";
import { noteRefused } from "../asking/note-refused.ts";
import { run } from "../loop/run.ts";
import type { Ledger } from "../ports.ts";
import { sentence, statusWords } from "../wording.ts";
import { recordOf } from "./connections.ts";
import { answeredConnection, read } from "./inputs.ts";
import { checkLasting, lastingEntry, lastingWords } from "./lasting-answer.ts";
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
  const { endpoint, confirm, ...said } = read(answeredConnection, input);
  const { reason, breakGlass, days } = said;
  checkLasting({ choice, ...said });
  if (breakGlass && choice === "reject") throw new BadInput("breakGlass", true, "leave it out: an operator may reject without it");
  if (breakGlass && reason === undefined) throw new BadInput("reason", reason, "say why: past the approvers, everybody is told");
  const before = await recordOf(ports, endpoint);
  const { service } = before;
  const { mode } = await inCare(ports, service);
  if (mode === "observe") {
    const why = "the service is only observed, and nothing is carried out until it is enforced";
    await noteRefused(ports, { endpoint, choice, by, cause: "observed", why, source: { kind: "api" } });
    throw new Refused(
      "ObserveOnly",
      `${service} is only observed: nothing is accepted or rejected there`,
      `turn it on with: drawbridge services enforce ${service}`,
    );
  }
  const committed: ConnectionEvent[] = [];
  const ledger = guarded(ports.ledger, confirm, committed);
  const as = choice === "approve" && !breakGlass ? await approverBy(ports, by, endpoint) : undefined;
  const lasting = await lastingEntry(ports, by, before, { choice, ...said });
  const signal = {
    kind: "answered",
    choice,
    by,
    ...(said.account ? { scope: "account" as const } : {}),
    ...optional("standing", lasting?.ref),
    ...optional("reason", reason),
    ...optional("as", as),
    ...(breakGlass ? { breakGlass } : {}),
  } as const;
  const { clock, newId, services, connections, endpointServices } = ports;
  await run(
    {
      clock,
      newId,
      services,
      connections,
      endpointServices,
      judging: { ...ports, allowList: withAuthors(ports.allowList, ports.ledger) },
      ledger,
    },
    { service, tasks: [{ endpoint, signal, source: { kind: "api" }, ...optional("also", lasting?.change) }] },
  );
  const connection = await recordOf(ports, endpoint);
  return { connection, sentence: outcome(connection, committed, days) };
}

/** The approver whom this operator is. Two of one identity cannot be told apart, and neither of them agrees. */
async function approverBy(ports: OperatorPorts, by: Operator, endpoint: EndpointId): Promise<string | undefined> {
  const those = (await ports.approvers.all()).filter(({ arn }) => arn !== undefined && isIdentity(arn, by.arn)).map(({ name }) => name);
  if (those.length <= 1) return those[0];
  const why = `${those.join(" and ")} have your IAM identity, and nobody can say which of them you are`;
  await noteRefused(ports, { endpoint, choice: "approve", by, cause: "not-theirs", why, source: { kind: "api" } });
  throw new Refused("NotAnApprover", `The answer was refused: ${why}`, "leave it to one of them: drawbridge approvers remove");
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

function outcome(connection: Connection, committed: readonly ConnectionEvent[], days: number | undefined): string {
  const refused = committed.findLast((event) => event.type === "AnswerRefused");
  if (refused?.type === "AnswerRefused") {
    const [code, remedy] = refusal(connection, refused.cause);
    throw new Refused(code, `${connection.endpoint} (${statusWords[connection.status]}): the answer was refused, ${refused.why}`, remedy);
  }
  const own = committed.findLast(
    ({ by, type }) => by.kind === "operator" && (type === "ConnectionApproved" || type === "ConnectionDenied" || type === "ApprovalGiven"),
  );
  return own === undefined ? statusWords[connection.status] : `${sentence(own)}${lastingWords(connection, own, days)}`;
}

function refusal({ endpoint, status }: Connection, cause: RefusalCause | undefined): readonly [code: Refused["code"], remedy: string] {
  if (cause === "reject-entry") return ["RejectEntryApplies", "change or remove that entry first"];
  if (cause === "not-offered")
    return ["NotOffered", "answer for this connection alone; whoever may write entries lets the account in with: drawbridge allow"];
  if (status === "asking")
    return [
      "NotAnApprover",
      `leave it to its approvers, or decide alone with: drawbridge approve ${endpoint} --break-glass --reason "..."; everybody is told`,
    ];
  return ["AlreadyDecided", `see what happened with: drawbridge show ${endpoint}`];
}
