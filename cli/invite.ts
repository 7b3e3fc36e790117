// The command invite: the entry that lets a consumer in, and what the consumer needs to know.

import type { Entry } from "../lib/allow-list.ts";
import type { ToldContact } from "../lib/operator/contacts.ts";
import type { Put, ShownEntry } from "../lib/operator/entries.ts";
import { principalWords } from "../lib/operator/principals.ts";
import type { Shown } from "../lib/operator/services.ts";
import { saidOf } from "../lib/said-entry.ts";
import { pathOf } from "./client.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { putGiven, putWords } from "./entries.ts";
import { acceptOptions, principalGiven, saysSomething, serviceGiven } from "./entry-options.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { asMailTo, invitationOf, letterOf } from "./invitation.ts";
import { harmless } from "./render.ts";

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
    const shown = await api.get<Shown>(pathOf("services", at));
    const there = saysSomething(call) ? undefined : await acceptedAlready(call, this, at);
    const put: Put = there === undefined ? await putGiven(call, this, "accept") : { entry: there, changed: false };
    const { version } = put.entry;
    const told = tells
      ? await api.put<Put>("/entries", { ...saidOf(put.entry), version, tellContact: true, contactLink: link })
      : undefined;
    const invitation = invitationOf(put.entry, shown.service, shown.facts);
    if (invitation === undefined)
      throw new Failure(1, "NotFound", `AWS does not tell the name of ${at}`, "look at it with: drawbridge services show");
    call.terminal.err(putWords(put, call.terminal.aside));
    if (told?.contact !== undefined) call.terminal.err(contactWords(told.contact));
    call.result({ ...put, ...(told?.contact === undefined ? {} : { contact: told.contact }), invitation }, () => {
      const letter = letterOf(put.entry, invitation).split("\n").map(harmless).join("\n");
      return mail === undefined ? letter : asMailTo(mail, letter);
    });
  },
};

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
