// A consumer's contact who hears of their own account's outcomes: their address, subscribed to the decisions topic with a filter.

import type { Entry } from "../allow-list.ts";
import { BadInput } from "../faults.ts";
import type { OperatorPorts } from "./operator.ts";

/** AWS has mailed the address a link; given to us, it confirms so that no link in a mail can end it. */
export interface ToldContact {
  readonly address: string;
  readonly account: string;
  readonly subscription: "mailed" | "confirmed";
}

const address = /^[^@\s"'<>,;]+@[^@\s"'<>,;]+\.[^@\s"'<>,;]+$/;

/** Who may be subscribed: the contact of an entry about one account, where it is a mail address. Throws what is amiss. */
export function contactOf({ principal, contact }: Pick<Entry, "principal" | "contact">): Pick<ToldContact, "address" | "account"> {
  const [, account] = /^account#(\d{12})$/.exec(principal) ?? [];
  if (account === undefined)
    throw new BadInput("tellContact", principal, "tell the contact of an account: others have no outcomes of their own");
  if (contact === undefined || !address.test(contact))
    throw new BadInput("contact", contact, "give the mail address that is to be told, such as ops@acme.example");
  return { address: contact, account };
}

export async function tellContact(
  { contacts }: Pick<OperatorPorts, "contacts">,
  entry: Entry,
  link: string | undefined,
): Promise<ToldContact> {
  const contact = contactOf(entry);
  if (link === undefined) await contacts.subscribe(contact.account, contact.address);
  else await contacts.confirm(link);
  return { ...contact, subscription: link === undefined ? "mailed" : "confirmed" };
}
