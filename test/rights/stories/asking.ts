// Asking people: invitations, the command, Slack, mail with codes, break-glass.

import { mailboxRests, offered, service, type Story } from "./story.ts";
import { accounts, type World } from "../world.ts";

const { provider, acme, unknown, umbrella } = accounts;
type Members = Readonly<Record<string, unknown>>;

export const asking: readonly Story[] = [
  {
    name: "an invitation subscribes its contact to the outcomes of their own account",
    async tell(world, told) {
      const invite = ["invite", acme, "--service", service(told), "--name", "acme", "--contact", "ops@acme.example", "--tell-contact"];
      await world.drawbridge(...invite);
      // Local SNS has confirmed the address already, and knows no such token.
      await world.drawbridge(...invite, "--contact-link", "https://sns.example/confirmation.html?Token=0123456789abcdef").then(
        () => Promise.reject(new Error("a made-up token was taken")),
        () => undefined,
      );
    },
  },
  {
    name: "an operator approves one connection and rejects another by the command",
    async tell(world, told) {
      const good = await world.connect(unknown, offered(told));
      const bad = await world.connect(unknown, offered(told));
      await world.becomes(good, "asking");
      await world.becomes(bad, "asking");
      await world.drawbridge("approve", good, "--reason", "known partner");
      await world.drawbridge("reject", bad, "--reason", "not a customer");
      await world.becomes(good, "connected");
      await world.becomes(bad, "rejected");
    },
  },
  {
    name: "an approver is tried and asked in Slack, and presses a button; another answer comes meanwhile, and is given back to its queue",
    async tell(world) {
      const asked = await world.offer();
      await world.drawbridge("services", "add", asked.id, "--no-names", "--yes");
      await world.drawbridge("approvers", "add", "sue", "--slack", "U0SUE00000");
      const tried = await world.drawbridge("approvers", "test", "sue");
      if (!tried.includes("Slack has taken")) throw new Error(tried);
      await world.drawbridge("services", "set", asked.id, "--approver", "sue", "--yes");
      const press = (about: string, action: string) => world.local.slack.press({ user: "U0SUE00000", action, about });
      const approved = await slackAbout(world, await world.connect(unknown, asked));
      await press(approved.endpoint, "drawbridge-approve");
      await world.becomes(approved.endpoint, "connected");

      // The old token is refused, the claim on the question given free, and taken again with the new one.
      world.local.slack.reinstall();
      const SecretString = world.local.slack.secret();
      await world.aws("secretsmanager", "PutSecretValue", { SecretId: world.local.outputs["SlackSecretArn"], SecretString });
      const { endpoint, question } = await slackAbout(world, await world.connect(unknown, asked));
      const claim = { kind: { S: "answering" }, id: { S: question } };
      const TableName = world.idOf("ProofsTable");
      const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 600) };
      await world.aws("dynamodb", "PutItem", { TableName, Item: { ...claim, holder: { S: "somebody" }, expiresAt } });
      const givenBack = (): number => world.local.counts()["sqs:ChangeMessageVisibilityBatch"] ?? 0;
      const before = givenBack();
      await press(endpoint, "drawbridge-reject");
      await world.until("the answer is given back", () => givenBack() > before || undefined);
      await world.aws("dynamodb", "DeleteItem", { TableName, Key: claim });
      await world.becomes(endpoint, "rejected");
      // The sweep sees that Slack took the question.
      await world.tick();
      await world.until(
        "she is reached",
        async () => (await world.drawbridge("approvers", "list", "--json")).includes("reachableSince") || undefined,
      );
    },
  },
  {
    name: "an approver is named and confirms; a burst comes in one message with one list; a code opens it, and an answer about the account writes an entry",
    async tell(world) {
      const named = await world.offer();
      await world.drawbridge("services", "add", named.id, "--no-names", "--yes");
      await world.drawbridge("approvers", "add", "ann", "--email", "ann@payments.example", "--arn", `arn:aws:iam::${provider}:user/ann`);
      // Local SNS has confirmed the address already, and knows no such token.
      const link = "https://sns.example/confirmation.html?Token=0123456789abcdef";
      await world.drawbridge("approvers", "confirm", "ann", "--link", link).then(
        () => Promise.reject(new Error("a made-up token was taken")),
        () => undefined,
      );
      await world.drawbridge("approvers", "test", "ann");
      await world.tick();
      if (!(await world.drawbridge("approvers", "list")).includes("ann@payments.example")) throw new Error("the approver is not listed");
      await world.drawbridge("services", "set", named.id, "--approver", "ann", "--account-answers", "yes", "--yes");
      await world.drawbridge("ask", unknown, "--service", named.id);
      const first = await world.connect(unknown, named);
      await world.becomes(first, "asking");
      await mailboxRests(world, "ann");
      await stillToMail(world, first);
      const endpoints = [first, await world.connect(unknown, named)];
      const path = new URL(await world.until("the list", () => mailedTo(world, /https?:\/\/\S+\/q\/\S+/))).pathname;
      const page = visitor(world.local.api);
      await page(path);
      await page(path, { do: "code" });
      const code = (await world.until("the code", () => mailedTo(world, /(?<=^Your code: )[\d ]+/))).replace(" ", "");
      const list = await page(path, { do: "enter", code });
      const [question = ""] = /\/a\/[\w-]+/.exec(list) ?? [];
      await page(question);
      await page(question, { choice: "approve-account" });
      for (const endpoint of endpoints) await world.becomes(endpoint, "connected");
    },
  },
  {
    name: "one operator breaks the glass, and every approver is told; an approver leaves",
    async tell(world) {
      const named = await world.offer();
      await world.drawbridge("services", "add", named.id, "--no-names", "--yes");
      await world.drawbridge("services", "set", named.id, "--approver", "ann", "--yes");
      const endpoint = await world.connect(umbrella, named);
      await world.becomes(endpoint, "asking");
      await world.drawbridge("approve", endpoint, "--break-glass", "--reason", "payments are down");
      await world.becomes(endpoint, "connected");
      await world.until("the approver is told", () => mailedTo(world, /Break-glass/i));
      await world.drawbridge("approvers", "remove", "ann", "--yes");
    },
  },
];

/** One notify at a time is at work here: what another one of many would have put down beside it. */
async function stillToMail(world: World, endpoint: string): Promise<void> {
  const { Item } = await world.aws("dynamodb", "GetItem", {
    TableName: world.idOf("ConnectionsTable"),
    Key: { endpoint: { S: endpoint } },
  });
  const { question } = Item as { readonly question: { readonly M: Members } };
  const data = { M: { endpoint: { S: endpoint }, question: question.M["id"], occasion: { S: "asked" } } };
  const mark = { kind: { S: "to-mail#ann" }, id: { S: `connection#${endpoint}#again` }, data };
  const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 600) };
  await world.aws("dynamodb", "PutItem", { TableName: world.idOf("ProofsTable"), Item: { ...mark, expiresAt } });
}

/** What the newest letter to the approver holds of this. */
const mailedTo = (world: World, part: RegExp): string | undefined =>
  world.local.letters
    .filter(({ to }) => to === "ann@payments.example")
    .flatMap(({ subject, text }) => part.exec(`${text}\n${subject}`)?.[0] ?? [])
    .at(-1);

/** A browser that keeps its cookie, and sends forms with the field that the page gave them. */
function visitor(api: string): (path: string, fields?: Readonly<Record<string, string>>) => Promise<string> {
  let [cookie, html] = ["", ""];
  const visit = async (path: string, fields?: Readonly<Record<string, string>>): Promise<string> => {
    const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const sent = fields === undefined ? {} : { method: "POST", body: new URLSearchParams({ guard, ...fields }) };
    const reply = await fetch(new URL(path, api), { ...sent, headers: cookie === "" ? {} : { cookie }, redirect: "manual" });
    cookie = reply.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    const location = reply.headers.get("location");
    // A browser goes on without the part after the hash.
    if (location !== null) return visit(location.replace(/#.*/, ""));
    html = await reply.text();
    if (!reply.ok) throw new Error(`${path} answered ${String(reply.status)}`);
    return html;
  };
  return visit;
}

/** Once the question stands in Slack. */
async function slackAbout(world: World, endpoint: string): Promise<{ endpoint: string; question: string }> {
  const question = await world.until("a question in Slack", () => {
    const post = world.local.slack.posts.find(({ blocks }) => JSON.stringify(blocks).includes(endpoint));
    return /question\\+":\\+"([\w-]+)/.exec(JSON.stringify(post?.blocks ?? []))?.[1];
  });
  return { endpoint, question };
}
