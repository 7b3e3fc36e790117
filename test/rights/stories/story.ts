// What the stories share: who tells them, what earlier ones leave, and looks at the world.

import { type Offered, type World } from "../world.ts";

export interface Story {
  /** As the list in docs/rights.md names it. */
  readonly name: string;
  tell(world: World, told: Told): Promise<void>;
}

/** What earlier stories left for later ones. */
export interface Told {
  payments?: Offered;
  acme?: string;
  unknown?: string;
}

type Members = Readonly<Record<string, unknown>>;

export async function arrives(world: World, queue: string): Promise<void> {
  await world.until(`a message in ${queue}`, async () => (await world.waiting(queue)) > 0 || undefined);
}

export async function aliases(world: World): Promise<string[]> {
  const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.zoneId });
  return (ResourceRecordSets as readonly Members[]).filter(({ Type }) => Type === "A").map(({ Name }) => String(Name));
}

/** Minutes pass for this mailbox: what waited is mailed, and the next question's mail does not wait. */
export async function mailboxRests(world: World, approver: string): Promise<void> {
  const Key = { kind: { S: "mailed-lately#question" }, id: { S: approver } };
  const rest = (): Promise<Members> => world.aws("dynamodb", "DeleteItem", { TableName: world.idOf("ProofsTable"), Key });
  await rest();
  await world.tick();
  await rest();
}

export async function linkTo(world: World, endpoint: string): Promise<string> {
  return world.until("the mail with its link", () => {
    const letter = world.local.letters.find(({ channel, text }) => channel === "email" && text.includes(endpoint) && text.includes("/a/"));
    return /https?:\/\/\S+\/a\/\S+/.exec(letter?.text ?? "")?.[0];
  });
}

/** Fills the page's form as a person would. */
export async function answer(link: string, choice: string, account: string): Promise<number> {
  const page = await (await fetch(link)).text();
  const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
    attribute(input, "name"),
    attribute(input, "value"),
  ]);
  const body = new URLSearchParams([...hidden, ["choice", choice], ["confirm", account.slice(-4)], ["reason", "known from the trial"]]);
  const reply = await fetch(link, { method: "POST", body, headers: { origin: new URL(link).origin } });
  return reply.status;
}

export const attribute = (tag: string, name: string): string =>
  (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");

export const offered = ({ payments }: Told): Offered => {
  if (payments === undefined) throw new Error("no service is offered yet");
  return payments;
};

export const service = (told: Told): string => offered(told).id;

export const needed = (endpoint: string | undefined): string => {
  if (endpoint === undefined) throw new Error("an earlier story has not left its connection");
  return endpoint;
};
