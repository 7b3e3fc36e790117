// What being asked and answering costs: how soon Slack is acknowledged, AWS calls for a question and for a decision, and what the page weighs.

import { gzipSync } from "node:zlib";
import { operator } from "../actors.ts";
import { median, quantile, sum, type Section } from "./figures.ts";
import { pause, startBenchStack, type BenchStack } from "./local-stack.ts";

/** Slack gives up after this. */
const slackMs = 3000;
/** How long each call behind the queue takes when it is stalled. */
const stalledMs = 10_000;
const ann = "U0ANN00000";

type Calls = Readonly<Record<string, number>>;

export async function slackSection(rounds: number): Promise<Section> {
  const calls: string[] = [];
  const stack = await startBenchStack({
    delays: { available: 0 },
    // No sweep comes in between: its calls are its own.
    assumptions: { rateRuleFirstTick: 1 },
    processesMax: 6,
    trace: (line) => void calls.push(line),
  });
  try {
    await people(stack);
    const asked = await counted(stack, calls, async () => void (await ask(stack, 0)));
    const again = await counted(stack, calls, async () => void (await ask(stack, 1)));
    const decided = await counted(stack, calls, async () => {
      await stack.local.slack.press({ user: ann, action: "drawbridge-approve", about: await endpointOf(stack, 1) });
      await stack.local.idle();
    });
    const page = await weighed(stack, calls);
    const byCode = await counted(stack, calls, async () => decideByCode(stack, page.link));
    const times = await acknowledgements(stack, rounds);
    return sectionOf({ asked, again, decided, byCode }, page, times, rounds);
  } finally {
    await stack.close();
  }
}

async function people({ local, service }: BenchStack): Promise<void> {
  await local.call("secretsmanager", "PutSecretValue", {
    SecretId: local.outputs["SlackSecretArn"] ?? "",
    SecretString: local.slack.secret(),
  });
  const drawbridge = operator({ aws: local.aws, api: local.api, inbox: local.inbox, region: local.region }, local.account);
  for (const words of [
    ["approvers", "add", "ann", "--slack", ann, "--email", "ann@payments.example", "--arn", `arn:aws:iam::${local.account}:user/ann`],
    ["services", "set", service.id, "--approver", "ann", "--yes"],
    ["ask", "any", "--service", service.id, "--yes"],
  ]) {
    const { code, stderr } = await drawbridge(...words);
    if (code !== 0) throw new Error(`drawbridge ${words.join(" ")}: ${stderr.trim()}`);
  }
  await local.idle();
}

const endpoints: string[] = [];
async function ask(stack: BenchStack, index: number): Promise<string> {
  const [endpoint = ""] = await stack.connect(1, index);
  endpoints[index] = endpoint;
  for (let tries = 0; !posted(stack, endpoint); tries += 1) {
    if (tries === 300) throw new Error(`${endpoint} was not asked about in Slack`);
    await pause(100);
  }
  await stack.local.idle();
  return endpoint;
}
const endpointOf = async (stack: BenchStack, index: number): Promise<string> => endpoints[index] ?? ask(stack, index);
const posted = ({ local }: BenchStack, endpoint: string): boolean =>
  local.slack.posts.some(({ blocks }) => JSON.stringify(blocks).includes(endpoint));

/** Calls over the wire by function, `answer: dynamodb:GetItem`. */
async function counted(stack: BenchStack, calls: string[], work: () => Promise<void>): Promise<Calls> {
  await stack.local.idle();
  calls.length = 0;
  await work();
  await stack.local.idle();
  const counts: Record<string, number> = {};
  for (const line of calls) {
    const [, action = "", name] = /^(\S+) \S+-(\w+)$/.exec(line) ?? [];
    if (name === undefined || name === "sweep" || name === "checkpoint") continue;
    counts[`${name}: ${action}`] = (counts[`${name}: ${action}`] ?? 0) + 1;
  }
  return counts;
}

interface Weight {
  readonly bytes: number;
  readonly gzipped: number;
  readonly requests: number;
  readonly calls: Calls;
  readonly link: string;
}

async function weighed(stack: BenchStack, calls: string[]): Promise<Weight> {
  await ask(stack, 2);
  const link = stack.local.letters.flatMap(({ text }) => /https?:\/\/\S+\/a\/\S+/.exec(text)?.[0] ?? []).at(-1);
  if (link === undefined) throw new Error(`no mail has a link to the page: ${stack.complaints.join("; ")}`);
  let html = "";
  const made = await counted(stack, calls, async () => {
    html = await (await fetch(link)).text();
  });
  // What a browser would fetch besides: nothing may be there.
  const fetched = /<(?:script|img|link|iframe|video|audio|source)\b[^>]*\b(?:src|href)="(?!data:)|@import|url\(/g;
  // A page without an icon of its own has the browser ask for one.
  const more = [...html.matchAll(fetched)].length + (/<link rel="icon" href="data:/.test(html) ? 0 : 1);
  return { bytes: Buffer.byteLength(html), gzipped: gzipSync(html).length, requests: 1 + more, calls: made, link };
}

/** As a person's browser does it: the page, a code from the mailbox, the answer, and each time the page that follows. */
async function decideByCode({ local }: BenchStack, link: string): Promise<void> {
  const url = new URL(link);
  const mailed = (): string[] => local.letters.flatMap(({ text }) => /^Your code: ([\d ]+)/.exec(text)?.[1] ?? []);
  const before = mailed().length;
  let [cookie, html] = ["", ""];
  const visit = async (fields?: Readonly<Record<string, string>>): Promise<void> => {
    const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const sent = fields === undefined ? {} : { method: "POST", body: new URLSearchParams({ guard, ...fields }) };
    const reply = await fetch(url, { ...sent, headers: cookie === "" ? {} : { cookie }, redirect: "manual" });
    cookie = reply.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    if (reply.status === 303) return visit();
    html = await reply.text();
    if (!reply.ok) throw new Error(`the page answered ${String(reply.status)}`);
  };
  await visit();
  await visit({ do: "code" });
  for (let tries = 0; mailed().length === before; tries += 1) {
    if (tries === 300) throw new Error("no code was mailed");
    await pause(100);
  }
  await visit({ do: "enter", code: mailed().at(-1) ?? "" });
  await visit({ choice: "approve" });
  if (!html.includes("Your decision is recorded")) throw new Error("the page did not record the decision");
}

interface Times {
  readonly name: string;
  readonly milliseconds: readonly number[];
  /** How many were answered 200. */
  readonly acknowledged: number;
  readonly recorded: boolean;
}

async function acknowledgements(stack: BenchStack, rounds: number): Promise<Times[]> {
  const { local } = stack;
  const endpoint = await ask(stack, 3);
  const press = async (name: string, recorded: boolean): Promise<Times> => {
    const milliseconds: number[] = [];
    let acknowledged = 0;
    for (let round = 0; round < rounds; round += 1) {
      // By somebody who is no approver: the question stays open for the next round.
      const reply = await local.slack.press({ user: "U0NOBODY00", action: "drawbridge-approve", about: endpoint });
      milliseconds.push(reply.milliseconds);
      if (reply.status === 200) acknowledged += 1;
    }
    return { name, milliseconds, acknowledged, recorded };
  };
  const quiet = await press("nothing stalled", true);
  await local.idle();
  const behind = ["ConnectionsTable", "SettingsTable", "AuditLogTable", "AllowListTable"].map((name) => {
    const resource = local.stack.resources.find(({ logicalId }) => logicalId === name)?.physicalId ?? name;
    return local.faults.refuse({ service: "dynamodb", resource, delayMs: stalledMs });
  });
  const stalled = await press(`everything behind the queue takes ${String(stalledMs / 1000)} s a call`, true);
  for (const { lift } of behind) lift();
  const queue = local.faults.refuse({ service: "sqs", action: "SendMessage", resource: "AnswerQueue", cut: true, delayMs: stalledMs });
  const lost = await press("the queue itself takes nothing", false);
  queue.lift();
  return [quiet, stalled, lost];
}

function sectionOf(
  { asked, again, decided, byCode }: Readonly<Record<"asked" | "again" | "decided" | "byCode", Calls>>,
  page: Weight,
  times: readonly Times[],
  rounds: number,
): Section {
  const whole = (calls: Calls): number => sum(Object.values(calls));
  const actions = [...new Set([asked, again, decided, page.calls, byCode].flatMap(Object.keys))].toSorted();
  const worst = Math.max(...times.flatMap(({ milliseconds }) => milliseconds));
  const all = times.every(({ acknowledged, milliseconds }) => acknowledged === milliseconds.length);
  return {
    name: "slack",
    title: "Being asked and answering",
    tables: [
      {
        head: ["acknowledgement to Slack, ms", "median", "p90", "worst", "answered 200", "the person is told"],
        rows: times.map(({ name, milliseconds, acknowledged, recorded }) => [
          name,
          median(milliseconds),
          quantile(milliseconds, 0.9),
          Math.max(...milliseconds),
          `${String(acknowledged)} of ${String(milliseconds.length)}`,
          recorded ? "what came of it, when it is decided" : "not recorded, try again",
        ]),
      },
      {
        head: [
          "AWS call, by function",
          "the first question",
          "a question",
          "a decision in Slack, until nothing is left to do",
          "the page opened",
          "a decision on the page, with its code, until nothing is left to do",
        ],
        rows: [
          ...actions.map((action) => [action, ...[asked, again, decided, page.calls, byCode].map((calls) => calls[action] ?? 0)]),
          ["all", ...[asked, again, decided, page.calls, byCode].map(whole)],
        ],
      },
      {
        head: ["the page of an open question", ""],
        rows: [
          ["bytes", page.bytes],
          ["bytes, gzipped", page.gzipped],
          ["requests", page.requests],
        ],
      },
    ],
    notes: [
      `${String(rounds)} presses each, on local AWS, over HTTP, one after the other; the first of all includes the start of the function's process. An app that decides before it acknowledges would have taken ${String(stalledMs / 1000)} s for each call that it waits for.`,
      "A question is asked of one approver, by mail and in Slack. The first question reads the secrets, and makes the clients; both are kept after that.",
      "Calls are those that functions make; what SQS, SNS, EventBridge and the stream do to wake them is not among them.",
    ],
    targets: [
      {
        what: "Slack is acknowledged in time with everything stalled",
        wanted: `all within ${String(slackMs)} ms`,
        got: `${all ? "all" : "not all"}, at worst ${worst.toFixed(0)} ms`,
        reached: all && worst < slackMs,
      },
      { what: "the page of a question", wanted: "1 request", got: String(page.requests), reached: page.requests === 1 },
    ],
  };
}
