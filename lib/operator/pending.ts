// The open questions as operators see them: why each is asked, of whom, and how far it has come.

import type { Approver } from "../approver.ts";
import { askedNow, askingOf, barred, countedVotes } from "../asking-policy.ts";
import { calledIn } from "../asking/open-questions.ts";
import { withAuthors } from "../asking/known-authors.ts";
import { readable } from "../asking/readable.ts";
import type { Connection, Question } from "../connection.ts";
import type { Because } from "../events.ts";
import { milliseconds } from "../ids.ts";
import type { Page } from "../ledger.ts";
import { candidateOf, rulings, type Ruling } from "../loop/verdicts.ts";
import { optional } from "../optional.ts";
import type { Service } from "../service.ts";
import { servicesOf } from "./connections.ts";
import { pendingOf, read } from "./inputs.ts";
import type { OperatorPorts } from "./operator.ts";
import { walk } from "./paging.ts";

/** An open question with the facts that a person needs to answer it. */
export interface Pending {
  readonly connection: Connection;
  readonly question: Question;
  /** Why people are asked, as the list and the freezes are now; the question says why it was put. */
  readonly because: Because;
  readonly openSeconds: number;
  /** What an entry calls the account. */
  readonly name?: string;
  /** Who is asked by now; nobody by name where whoever has the link may answer. */
  readonly asked: readonly string[];
  readonly quorum: number;
  /** Those whose agreement counts so far. */
  readonly agreed: readonly string[];
  /** Of those who are asked, whose answer would not count, and why. */
  readonly barred: readonly { readonly name: string; readonly why: string }[];
}

/** Oldest first within each service. */
export async function pending(ports: OperatorPorts, input: unknown): Promise<Page<Pending>> {
  const { service, ...page } = read(pendingOf, input);
  const { items, ...rest } = await walk(
    (await servicesOf(ports, service)).map((at) => ({
      key: at,
      page: (request) => ports.connections.asking(at, request),
    })),
    page,
  );
  const now = milliseconds(ports.clock());
  const [given = [], services = [], approvers = []] = await Promise.all([
    readable(judgedNow(ports, items)),
    readable(ports.services.all()),
    readable(ports.approvers.all()),
  ]);
  const people = new Map(approvers.map((one) => [one.name, one]));
  return {
    ...rest,
    items: items.flatMap((connection, index): Pending[] => {
      if (connection.status !== "asking") return [];
      const { question } = connection;
      const judgement = given[index]?.judgement;
      const because = judgement?.verdict === "ask" ? judgement.because : question.because;
      const openSeconds = Math.max(0, Math.round((now - milliseconds(question.at)) / 1000));
      const at = services.find((one) => one.service === connection.service);
      const name = judgement === undefined ? undefined : calledIn(judgement);
      return [{ connection, question, because, openSeconds, ...optional("name", name), ...whom(question, at, judgement, people) }];
    }),
  };
}

function whom(
  question: Question,
  service: Service | undefined,
  judgement: Ruling["judgement"] | undefined,
  people: ReadonlyMap<string, Approver>,
): Pick<Pending, "asked" | "quorum" | "agreed" | "barred"> {
  const asking = askingOf(service ?? {}, judgement);
  const asked = asking.approvers.length === 0 ? [] : askedNow(asking, question);
  return {
    asked,
    quorum: asking.quorum,
    agreed: countedVotes(asking, question, question.votes ?? []).map(({ name }) => name),
    barred: asked.flatMap((name) => {
      const why = barred(asking, question, people.get(name) ?? { name });
      return why === undefined ? [] : [{ name, why }];
    }),
  };
}

const judgedNow = (ports: OperatorPorts, connections: readonly Connection[]): Promise<readonly Ruling[]> =>
  rulings(
    { ...ports, allowList: withAuthors(ports.allowList, ports.ledger) },
    connections.map((connection) => candidateOf(connection, connection)),
  );
