// The command invite: the entry that lets a consumer in, and what the consumer needs to know.

import type { Entry } from "../lib/allow-list.ts";
import type { Explanation } from "../lib/explain.ts";
import { isAccountId } from "../lib/ids.ts";
import type { ToldContact } from "../lib/operator/contacts.ts";
import type { Put, ShownEntry } from "../lib/operator/entries.ts";
import { principalWords } from "../lib/operator/principals.ts";
import type { Shown } from "../lib/operator/services.ts";
import { saidOf } from "../lib/said-entry.ts";
import { verdictWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { putGiven, putWords } from "./entries.ts";
import { acceptOptions, principalGiven, saysSomething, serviceGiven } from "./entry-options.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { asMailTo, invitationOf, letterOf, type Invitation } from "./invitation.ts";
import { harmless, prose } from "./render.ts";

const service = "vpce-svc-0123456789abcdef0";

const invite: Command = {
  name: "invite",
  operands: "<account>",
  summary: "let a consumer in, and print what they need to connect",
  more: "Takes what allow takes, and writes the same entry. Given nothing but whom, it prints the letter of the entry that is there again. The letter on stdout can be sent on as it is.",
  options: {
    ...acceptOptions,
    mail: { value: "ADDRESS", help: "print the letter as a mail to that address, for sendmail -t" },
    "tell-contact": { help: "subscribe --contact to the outcomes of this account: AWS mails them a link to confirm it" },
    "contact-link": { value: "LINK", help: "with --tell-contact: that link, sent on by them, so that no link in a mail can end it" },
  },
  examples: [
    `drawbridge invite 222222222222 --service ${service} --name acme`,
    `drawbridge invite 222222222222 --service ${service} --name acme --region eu-west-1 --at-most 2 > acme.txt`,
    `drawbridge invite 222222222222 --service ${service} --name acme --mail network@acme.example | sendmail -t`,
    `drawbridge invite 222222222222 --service ${service} --name acme --contact ops@acme.example --tell-contact`,
  ],
  async run(call) {
    const at = serviceGiven(call.given);
    if (at === "*") throw wrongUsage("--service '*' is no service to connect to", "name the one that they shall use");
    const mail = call.given.text("mail");
    if (mail !== undefined && !/^[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+$/.test(mail))
      throw wrongUsage(`--mail ${harmless(mail)} is no address`, "give one such as network@acme.example");
    const { given, api } = call;
    const link = given.text("contact-link");
    const tells = given.flag("tell-contact");
    if (tells && given.text("contact") === undefined)
      throw wrongUsage("--tell-contact needs to know whom", "give --contact ops@acme.example");
    if (link !== undefined && !tells) throw wrongUsage("--contact-link goes with --tell-contact", "give both");
    const [whom = ""] = operandsOf(call, this, 1);
    if (!isAccountId(principalGiven(whom)))
      throw wrongUsage(`${harmless(whom)} is no account`, "invite one account by its twelve digits; an entry for many: drawbridge allow");
    const shown = await api.get<Shown>(pathOf("services", at));
    let seen: Seen | undefined;
    // Whatever can be wrong is found before anything is written.
    const look = (wouldBe: Put): string | undefined => {
      seen = {
        invitation: inviting(wouldBe.entry, shown),
        ...(wouldBe.explanation === undefined ? {} : { explanation: wouldBe.explanation }),
      };
      for (const line of warnings(seen, shown)) call.terminal.err(prose(line, call.terminal.aside));
      return seen.explanation?.verdict === "reject" ? "They would not be let in. Go on?" : undefined;
    };
    const besides = tells ? { tellContact: true, contactLink: link } : {};
    const there = saysSomething(call) ? undefined : await acceptedAlready(call, this, at);
    const put =
      there === undefined
        ? await putGiven(call, this, "accept", { besides, look })
        : await api.put<Put>("/entries", { ...saidOf(there), version: there.version, preview: true });
    const { version } = put.entry;
    if (!put.changed) look(put);
    const told = tells && !put.changed ? await api.put<Put>("/entries", { ...saidOf(put.entry), version, ...besides }) : put;
    const { invitation, explanation } = seen ?? { invitation: inviting(put.entry, shown) };
    const { explanation: _shownAlready, ...written } = put;
    call.terminal.err(putWords(put, call.terminal.aside));
    if (told.contact !== undefined) call.terminal.err(contactWords(told.contact));
    const verdict = explanation === undefined ? {} : { verdict: explanation.verdict };
    call.result({ ...written, ...verdict, ...(told.contact === undefined ? {} : { contact: told.contact }), invitation }, () => {
      const letter = letterOf(put.entry, invitation, explanation?.verdict).split("\n").map(harmless).join("\n");
      return mail === undefined ? letter : asMailTo(mail, letter);
    });
  },
};

interface Seen {
  readonly invitation: Invitation;
  readonly explanation?: Explanation;
}

/** Throws where there is nothing to invite to. */
function inviting(entry: Entry, { service: care, facts }: Shown): Invitation {
  const invitation = invitationOf(entry, care, facts);
  if (invitation === undefined)
    throw new Failure(1, "NotFound", `AWS does not tell the name of ${care.service}`, "look at it with: drawbridge services show");
  if (invitation.regions.length === 0)
    throw new Failure(
      1,
      "NoRegion",
      `${(entry.conditions.regions ?? []).join(" and ")}: the service is not offered there`,
      `give a Region in which it is: ${[...new Set([invitation.region, ...(facts?.regions ?? [])])].join(", ")}`,
    );
  return invitation;
}

/** What keeps them from being let in at once. */
function warnings({ explanation }: Seen, { service: care }: Shown): string[] {
  const verdict = explanation === undefined || explanation.verdict === "accept" ? undefined : verdictWords[explanation.verdict];
  return [
    ...(verdict === undefined
      ? []
      : [`With this entry ${verdict === verdictWords.ask ? verdict : `it ${verdict}`}, because ${explanation?.because.detail ?? ""}.`]),
    ...(care.mode === "observe"
      ? [`${care.service} is only observed: nobody is let in before drawbridge services enforce ${care.service}.`]
      : []),
  ];
}

/** The entry that lets them in already: to print its letter again, nothing is written. */
async function acceptedAlready(call: Call, command: Command, at: string): Promise<Entry | undefined> {
  const [given = ""] = operandsOf(call, command, 1);
  try {
    const { entry } = await call.api.get<ShownEntry>(pathOf("entries", at, principalWords(principalGiven(given))));
    return entry?.verdict === "accept" ? entry : undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === "NotFound") return undefined;
    throw error;
  }
}

const contactWords = ({ address, account, subscription }: ToldContact): string =>
  harmless(
    subscription === "confirmed"
      ? `${address} is told of the outcomes of ${account}; only AWS credentials can end it.`
      : `AWS mails ${address} a link: once they follow it, they are told of the outcomes of ${account}. To keep scanners from ending it, have the link sent on, unopened, and repeat with --contact-link.`,
  );

export const inviteCommands: readonly Command[] = [invite];
