// What a question shows in Slack at this moment: its facts, whom it is put to, how many agree, and what may be answered.

import { askedNow, askingOf, barred, countedVotes, type Asking } from "../asking-policy.ts";
import { offersOf, type Offers } from "../asking/offers.ts";
import { known, type ProfilePorts } from "../asking/profile.ts";
import { noticeOf, type Committed, type TellPorts } from "../asking/tell.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { Notice, Profile } from "../notices.ts";
import type { Approvers, Clock } from "../ports.ts";
import type { Copy } from "./copies.ts";
import { linkMessage, newsMessage, questionMessage } from "./message.ts";
import type { SlackMessage } from "./web-api.ts";

export interface ShownPorts extends ProfilePorts {
  readonly clock: Clock;
  readonly approvers: Pick<Approvers, "all">;
}

export type Open = Extract<Connection, { status: "asking" }>;

export interface Shown {
  readonly notice: Notice;
  readonly asking: Asking;
  readonly offers: Offers;
  /** Those whose answer counts now, and who have a user in Slack. */
  readonly askable: readonly { readonly name: string; readonly slack: string }[];
}

export async function shownOf(ports: ShownPorts, connection: Open): Promise<Shown> {
  const { question } = connection;
  const [about, service, approvers] = await Promise.all([
    known(ports, connection, ports.clock()),
    ports.services.get(connection.service),
    ports.approvers.all(),
  ]);
  const asking = askingOf(service ?? {}, about.judgement);
  const names = askedNow(asking, question);
  // Nobody is called to a question that their answer would not count for.
  const askable = approvers.flatMap((one) =>
    one.slack !== undefined && names.includes(one.name) && barred(asking, question, one) === undefined
      ? [{ name: one.name, slack: one.slack }]
      : [],
  );
  return { notice: questionNotice(about.profile, question), asking, offers: offersOf({ ...about, asking }), askable };
}

export const mentionedOf = ({ askable }: Shown): string[] => askable.map(({ slack }) => slack);

/** With nobody named there is nobody whose press could count: the message leads to the page, as mail does. */
export async function openMessage(ports: TellPorts, told: Committed, connection: Open, shown: Shown): Promise<SlackMessage> {
  if (shown.asking.approvers.length > 0) return buttonsMessage(connection, shown);
  const notice = await noticeOf(ports, told, connection);
  return notice.of === "question" ? linkMessage(notice) : newsMessage(notice);
}

export function buttonsMessage({ endpoint, account, question }: Open, shown: Shown): SlackMessage {
  const { notice, asking, offers } = shown;
  return questionMessage(notice, {
    question: question.id,
    endpoint,
    account,
    mentioned: mentionedOf(shown),
    offers,
    ...optional("progress", progress(asking, question)),
  });
}

function progress(asking: Asking, question: Open["question"]): string | undefined {
  if (asking.quorum === 1) return undefined;
  const agreed = countedVotes(asking, question, question.votes ?? []);
  return `${String(agreed.length)} of ${String(asking.quorum)} agree${agreed.length === 0 ? "" : `: ${agreed.map(({ name }) => name).join(", ")}`}`;
}

export const questionNotice = (profile: Profile, { at, because }: Pick<Copy, "at" | "because">): Notice => ({
  of: "question",
  profile,
  at,
  because,
});
