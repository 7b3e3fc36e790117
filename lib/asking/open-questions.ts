// The open questions that one approver is asked, oldest first, with what the allow-list says of each.

import type { Judgement } from "../allow-list.ts";
import { anyApprover } from "../approver.ts";
import { askedNow, askingOf, barred, countedVotes, type Asking } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { verdicts } from "../loop/verdicts.ts";
import { optional } from "../optional.ts";
import type { AllowList, Approvers, Clock, Connections, Services } from "../ports.ts";
import type { Service } from "../service.ts";
import type { ProfilePorts } from "./profile.ts";

export interface QuestionsPorts extends Pick<ProfilePorts, "organizations"> {
  readonly clock: Clock;
  readonly services: Pick<Services, "all">;
  readonly connections: Pick<Connections, "asking">;
  readonly allowList: Pick<AllowList, "standing" | "bearing" | "counts">;
  readonly approvers: Pick<Approvers, "get">;
}

export interface OpenQuestion {
  readonly connection: Extract<Connection, { status: "asking" }>;
  readonly service: Service;
  readonly asking: Asking;
  /** What an entry calls the account. */
  readonly name?: string;
  /** Whether this approver agreed already, and others have to. */
  readonly agreed: boolean;
}

/** What an entry about this account or endpoint alone calls it. */
export const calledIn = ({ findings }: Pick<Judgement, "findings">): string | undefined =>
  findings.find(({ entry }) => /^(account|endpoint)#/.test(entry.principal))?.name;

const shownMax = 200;

export async function openQuestions(ports: QuestionsPorts, name: string): Promise<{ items: OpenQuestion[]; complete: boolean }> {
  const services = await ports.services.all();
  const lists = await Promise.all(services.map(({ service }) => ports.connections.asking(service, { limit: shownMax })));
  const open = lists.flatMap(({ items }) => items.flatMap((one) => (one.status === "asking" ? [one] : [])));
  const rulings = await verdicts(ports, open);
  const approver = name === anyApprover ? undefined : await ports.approvers.get(name);
  const items = open.flatMap((connection): OpenQuestion[] => {
    const service = services.find((one) => one.service === connection.service);
    const judgement = rulings.get(connection.endpoint)?.judgement;
    if (service === undefined || judgement === undefined) return [];
    const { question } = connection;
    const asking = askingOf(service, judgement);
    const mine =
      approver === undefined
        ? name === anyApprover && asking.approvers.length === 0
        : askedNow(asking, question).includes(name) && barred(asking, question, approver) === undefined;
    if (!mine) return [];
    const votes = countedVotes(asking, question, question.votes ?? []);
    const agreed = votes.length < asking.quorum && votes.some((vote) => vote.name === name);
    return [{ connection, service, asking, agreed, ...optional("name", calledIn(judgement)) }];
  });
  return {
    items: items.toSorted((a, b) => (a.connection.question.at < b.connection.question.at ? -1 : 1)).slice(0, shownMax),
    complete: lists.every(({ cursor }) => cursor === undefined) && items.length <= shownMax,
  };
}
