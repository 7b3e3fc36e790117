// How it ended, as mail to an approver who was asked: one outcome with all its facts, several as a list.

import { byCommand } from "../by-command.ts";
import { oneLine } from "../harmless.ts";
import { asMail, headline, lede } from "../notices.ts";
import type { Message } from "../ports.ts";
import { noticeOf, recordOf, type Committed, type TellPorts } from "./tell.ts";

export async function outcomeMail(ports: TellPorts, approver: string, told: Committed): Promise<Message> {
  const mail = asMail(await noticeOf(ports, told, await recordOf(ports, told)));
  return { ...mail, attributes: { ...mail.attributes, approver } };
}

const listedMax = 20;
const lineMax = 200;

export async function outcomesMail(ports: TellPorts, approver: string, outcomes: readonly Committed[]): Promise<Message> {
  const lines: string[] = [];
  for (const told of outcomes.slice(0, listedMax)) {
    const notice = await noticeOf(ports, told, await recordOf(ports, told));
    lines.push(`  ${oneLine(headline(notice), lineMax)}`, `    ${oneLine(lede(notice), lineMax)}`);
  }
  const rest = outcomes.length - listedMax;
  const count = `${String(outcomes.length)} connections that you were asked about are settled`;
  return {
    subject: count,
    text: [
      `${count}.`,
      "",
      ...lines,
      ...(rest > 0 ? [`  and ${String(rest)} more`] : []),
      "",
      `The whole of it: ${byCommand("audit")}`,
    ].join("\n"),
    attributes: { type: "QuestionsSettled", approver },
  };
}
