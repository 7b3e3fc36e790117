// The commands about approvers: add, list, confirm, test, remove.

import { anyApprover, type Approver } from "../lib/approver.ts";
import type { MailState } from "../lib/asking/reachable.ts";
import type { ListedApprover, ListedApprovers, PutApprover, TriedApprover } from "../lib/operator/approvers.ts";
import type { SlackReach } from "../lib/slack/reach.ts";
import { personWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { withConfirmation } from "./entries.ts";
import { wrongUsage } from "./failure.ts";
import { harmless, type Style } from "./render.ts";
import { table } from "./table.ts";

const reason = { reason: { value: "TEXT", help: "why, for the log" } };

const add: Command = {
  name: "approvers add",
  operands: "<name>",
  summary: "name a person who can be asked, or change how they are reached",
  more: "What is left out is taken away, after a question. AWS mails a new address a link: do not open it, but give it to approvers confirm. Who is asked where: services set --approver, allow and ask --approver. The name approvers stands for the deployment's own mailbox: without options, AWS mails it a link again.",
  options: {
    email: { value: "ADDRESS", help: "where they get questions and codes" },
    slack: { value: "USER", help: "their Slack user id, such as U0123ABCDEF" },
    arn: { value: "ARN", help: "their IAM identity: who wrote an entry does not decide about it" },
    ...reason,
    ...yes,
  },
  examples: [
    "drawbridge approvers add ann --email ann@example.com --arn arn:aws:iam::111111111111:user/ann",
    "drawbridge approvers add bob --email bob@example.com --slack U0123ABCDEF",
  ],
  async run(call) {
    const [name = ""] = operandsOf(call, this, 1);
    const { given } = call;
    const put = await withConfirmation(call, (confirmed) =>
      call.api.put<PutApprover>(pathOf("approvers", name), {
        email: given.text("email"),
        slack: given.text("slack"),
        arn: given.text("arn"),
        reason: given.text("reason"),
        ...(confirmed ? { confirm: true } : {}),
      }),
    );
    call.result(put, () => putWords(put));
  },
};

function putWords({ approver: { name, email = "" }, changed, confirmation }: PutApprover): string {
  const added = name === anyApprover ? "Everybody's mailbox is asked where no approvers are named." : `${harmless(name)} is an approver.`;
  if (confirmation === undefined) return changed ? added : `Nothing changed: it was so already. ${added}`;
  return [
    `${added} AWS has mailed ${harmless(email)} a link.`,
    "Nothing reaches that address before it is confirmed. Do not open the link: let it be copied from the mail, and give it to",
    `  drawbridge approvers confirm ${name} --link "https://..."`,
    "Then only AWS credentials can end the subscription. Opened instead, it works too, but so does the unsubscribe link in each mail, which scanners open.",
  ].join("\n");
}

const confirmCommand: Command = {
  name: "approvers confirm",
  operands: "<name>",
  summary: "confirm an approver's address with the link from AWS's mail",
  options: { link: { value: "LINK", help: "the link, in quotes" } },
  examples: [`drawbridge approvers confirm ann --link "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=...&Token=..."`],
  async run(call) {
    const [name = ""] = operandsOf(call, this, 1);
    const token = call.given.text("link");
    if (token === undefined) throw wrongUsage("--link is missing", "give the link from AWS's mail, in quotes");
    const done = await call.api.post<{ approver: Approver; mail: MailState }>(pathOf("approvers", name, "confirm"), { token });
    call.result(done, () => `${harmless(done.approver.name)}'s address is ${mailWords[done.mail].text}.`);
  },
};

const list: Command = {
  name: "approvers list",
  operands: "",
  summary: "the approvers, and whether messages reach them",
  options: {},
  examples: ["drawbridge approvers", "drawbridge approvers list --json"],
  async run(call) {
    operandsOf(call, this, 0);
    const listed = await call.api.get<ListedApprovers>("/approvers");
    const rows = [...(listed.mailbox === undefined ? [] : [listed.mailbox]), ...listed.items];
    for (const warning of listed.warnings) call.terminal.err(harmless(`Warning: ${warning}`));
    call.result(listed, () =>
      rows.length === 0
        ? "There are none: whoever has the link of a question decides. Name them with: drawbridge approvers add"
        : approversTable(rows, call.terminal),
    );
  },
};

const mailWords: Readonly<Record<MailState, { readonly text: string; readonly style: Style }>> = {
  none: { text: "-", style: "dim" },
  pending: { text: "not confirmed: nothing is mailed", style: "red" },
  confirmed: { text: "confirmed", style: "green" },
  unprotected: { text: "confirmed, but any mail's unsubscribe link ends it", style: "yellow" },
  lost: { text: "lost: unsubscribed, or never asked", style: "red" },
};

type Row = Pick<ListedApprover, "name" | "email" | "slack" | "inSlack" | "arn" | "mail" | "services">;

const reachWords: Readonly<Record<Exclude<SlackReach["state"], "refused">, { readonly text: string; readonly style: Style }>> = {
  reached: { text: "reached", style: "green" },
  taken: { text: "takes messages; whether they read the channel shows when they press", style: "yellow" },
  untried: { text: "not tried: approvers test", style: "yellow" },
};

function slackWords(user: string, reach: SlackReach = { state: "untried" }): { text: string; style: Style } {
  if (reach.state === "refused") return { text: `${user}, ${reach.why}`, style: "red" };
  const { text, style } = reachWords[reach.state];
  return { text: `${user}, ${text}`, style };
}

const approversTable = (items: readonly Row[], terminal: Call["terminal"]): string =>
  table(
    [
      { head: "NAME" },
      { head: "ADDRESS" },
      { head: "MAIL", breaks: true },
      { head: "SLACK", breaks: true },
      { head: "IAM IDENTITY", breaks: true },
      { head: "ASKED AT", breaks: true },
    ],
    items.map(({ name, email = "-", slack, inSlack, arn, mail, services }) => [
      name,
      email,
      mailWords[mail],
      slack === undefined ? "-" : slackWords(slack, inSlack),
      arn === undefined ? "-" : personWords(arn),
      services.length === 0 ? "-" : services.join(" "),
    ]),
    terminal,
  );

const test: Command = {
  name: "approvers test",
  operands: "<name>",
  summary: "send an approver a message that asks nothing, by mail and in Slack",
  options: {},
  examples: ["drawbridge approvers test ann"],
  async run(call) {
    const [name = ""] = operandsOf(call, this, 1);
    const tried = await call.api.post<TriedApprover>(pathOf("approvers", name, "test"));
    call.result(tried, () => [...mailTried(tried), ...slackTried(tried)].join("\n"));
  },
};

function mailTried({ approver: { email }, mail, sent, slack }: TriedApprover): string[] {
  if (sent) return [`A test is on its way to ${harmless(email ?? "")}.`];
  if (email !== undefined) return [`Nothing was mailed: ${mailWords[mail].text}.`];
  return slack === undefined ? ["Nothing was sent: there is neither an address nor a Slack user."] : [];
}

function slackTried({ approver, slack }: TriedApprover): string[] {
  if (slack === undefined) return [];
  if (slack.state === "taken") return [`Slack has taken a test for ${harmless(approver.name)}.`];
  return [`Nothing was sent in Slack: ${slack.state === "refused" ? harmless(slack.why) : "no app is configured, see docs/slack.md"}.`];
}

const remove: Command = {
  name: "approvers remove",
  operands: "<name>",
  summary: "remove an approver; they are asked nothing more",
  options: { ...reason, ...yes },
  examples: ["drawbridge approvers remove ann"],
  async run(call) {
    const [name = ""] = operandsOf(call, this, 1);
    const done = await withConfirmation(call, (confirmed) =>
      call.api.delete<{ approver: Approver }>(pathOf("approvers", name), {
        reason: call.given.text("reason"),
        ...(confirmed ? { confirm: "true" } : {}),
      }),
    );
    call.result(done, () => `${harmless(done.approver.name)} is an approver no more.`);
  },
};

export const approverCommands: readonly Command[] = [list, add, confirmCommand, test, remove];
