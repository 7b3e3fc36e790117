// Every state in which an approver can find the pages, each as the function answers it.

import { run } from "../../lib/loop/run.ts";
import { problemPage } from "../../lib/web/plain-pages.ts";
import { reply } from "../../lib/web/layout.ts";
import { asked, endpoint, form, hidden, service, stranger, type Answered, type Asked } from "../asking/given.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import { linkExpiry, linkToken, listToken } from "../../lib/web/links.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";

const acme = {
  verdict: "ask",
  principal: `account#${stranger}`,
  name: "Acme Payments",
  contact: "platform@acme.example",
  purpose: "Settlement runs for the payment service, from the spring trial on",
  ticket: "NET-4711",
} as const;

const withPast = async (world: Asked): Promise<void> => {
  await world.entry(acme);
  await world.connect(stranger, endpointOf(8));
  const [one] = (await world.ports().connections.asking(service)).items;
  if (one?.status === "asking") await decideAs(world, endpointOf(8), one.question.id, "approve", "pilot, until the contract is signed");
  world.clock.advance(3 * 24 * 3600);
  await world.connect(stranger, endpointOf(9));
  const [two] = (await world.ports().connections.asking(service)).items;
  if (two?.status === "asking") await decideAs(world, endpointOf(9), two.question.id, "reject", "made twice by mistake");
  world.clock.advance(9 * 24 * 3600);
};

async function decideAs(
  world: Asked,
  at: ReturnType<typeof endpointOf>,
  question: string,
  choice: "approve" | "reject",
  reason: string,
): Promise<void> {
  const signal = { kind: "answered", question, choice, by: { kind: "approver", name: "approvers", channel: "link" }, reason } as const;
  await run(world.ports(), { service, tasks: [{ endpoint: at, signal, source: { kind: "answer" } }] });
}

function expectStatus(answered: Answered, status: number): void {
  if (answered.status !== status) throw new Error(`${String(answered.status)} instead of ${String(status)}`);
}

const later = (world: Asked, seconds: number): Asked => {
  world.clock.advance(seconds);
  return world;
};

const people = [
  { name: "ann", email: "ann@payments.example", arn: "arn:aws:iam::111111111111:user/ann" },
  { name: "bob", email: "bob@payments.example", arn: "arn:aws:iam::111111111111:user/bob" },
  { name: "cem", email: "cem@payments.example", arn: "arn:aws:iam::111111111111:user/cem" },
];
const named = (settings: AskingSettings = {}): Promise<Asked> =>
  asked(async (world) => {
    await withPast(world);
    await world.approvers(people, settings);
  });
const listOf = async (world: Asked): Promise<string> =>
  listToken(await world.ports().keys.link(), { approver: "ann", expires: linkExpiry(world.clock.now()) });

export const states: Readonly<Record<string, () => Promise<Answered>>> = {
  "code-ask": async () => {
    const world = later(await named(), 260);
    return world.browser().open(await world.linkOf("ann"));
  },
  "code-sent": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    return browser.send(token, { do: "code" });
  },
  "code-wrong": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    await browser.send(token, { do: "code" });
    return browser.send(token, { do: "enter", code: "0000 0000" });
  },
  "code-after-a-robot": async () => {
    const world = later(await named(), 260);
    const [robot, browser, token] = [world.browser(), world.browser(), await world.linkOf("ann")];
    await robot.open(token);
    await robot.send(token, { do: "code" });
    await browser.open(token);
    return browser.send(token, { do: "code" });
  },
  "code-too-many": async () => {
    const world = await named();
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    for (let times = 0; times < 7; times += 1) await browser.send(token, { do: "code", confirm: "code" });
    return browser.send(token, { do: "code", confirm: "code" });
  },
  "signed-in": async () => {
    const world = later(await named({ accountAnswers: true }), 260);
    return world.browser().signIn(await world.linkOf("ann"), "ann");
  },
  "signed-in-nothing-chosen": async () => {
    const world = later(await named({ accountAnswers: true }), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.signIn(token, "ann");
    return browser.send(token, { choice: "reject-quiet", days: "900" });
  },
  "two-of-three": async () => {
    const world = later(await named({ quorum: 2 }), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.signIn(token, "ann");
    return browser.send(token, { choice: "approve", reason: "known from the spring trial" });
  },
  "not-yours": async () => {
    const world = await asked(async (story) => {
      await story.approvers(people);
      await story.entry({ ...acme, author: people[0]?.arn ?? "" });
    });
    return world.browser().open(await world.linkOf("ann"));
  },
  list: async () => {
    const world = await named();
    for (let number = 2; number <= 4; number += 1) {
      world.clock.advance(3600);
      await world.connect(accountOf(number + 3), endpointOf(number + 10));
    }
    return world.browser().open(await listOf(world), "q");
  },
  "list-signed-in": async () => {
    const world = await named({ quorum: 2 });
    await world.connect(accountOf(7), endpointOf(11));
    const [browser, token] = [world.browser(), await listOf(world)];
    await browser.signIn(token, "ann", "q");
    await browser.open(await world.linkOf("ann"));
    await browser.send(await world.linkOf("ann"), { choice: "approve" });
    return browser.open(token, "q");
  },
  "list-empty": async () => {
    const world = await named({ emailProof: "link" });
    await world.answer({}, await world.linkOf("ann"));
    return world.browser().open(await listOf(world), "q");
  },
  "open-unknown-account": async () => later(await asked(), 260).http("GET"),
  "open-known-account": async () => later(await asked(withPast), 3 * 3600).http("GET"),
  "wrong-confirmation": async () => (await asked(withPast)).answer({ confirm: "1234", reason: "known from the spring trial" }),
  "nothing-filled-in": async () => {
    const world = await asked();
    return world.http("POST", { headers: form, body: new URLSearchParams({ ...hidden((await world.http("GET")).html) }).toString() });
  },
  approved: async () => (await asked(withPast)).answer({ reason: "known from the spring trial" }),
  rejected: async () => (await asked()).answer({ choice: "reject", reason: "nobody knows this account" }),
  late: async () => {
    const world = await asked();
    await world.answer({ reason: "known from the spring trial" });
    return later(world, 90).answer({ choice: "reject" });
  },
  "settled-connected": async () => {
    const world = await asked(withPast);
    await world.answer({ reason: "known from the spring trial" });
    world.ec2.move(endpoint, "pending");
    world.ec2.settle();
    await world.look(endpoint);
    return later(world, 24 * 3600).http("GET");
  },
  closed: async () => {
    const world = await asked();
    world.ec2.move(endpoint, "deleted");
    await world.look(endpoint);
    return later(world, 600).http("GET");
  },
  "reject-entry-applies": async () => {
    const world = await asked();
    await world.entry({ verdict: "reject", principal: `account#${stranger}`, name: "Acme Payments" });
    return world.answer();
  },
  "code-none-waiting": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    await browser.send(token, { do: "code" });
    for (let times = 0; times < 4; times += 1) await browser.send(token, { do: "enter", code: "0000 0000" });
    return browser.send(token, { do: "enter", code: "0000 0000" });
  },
  "code-not-mailed": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    world.people.failOnce();
    return browser.send(token, { do: "code" });
  },
  "code-no-address": async () => {
    const world = await asked((story) => story.approvers([{ name: "ann", slack: "U0ANN00000" }]));
    return world.browser().open(await world.linkOf("ann"));
  },
  "signed-out": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.signIn(token, "ann");
    return browser.send(token, { do: "leave" });
  },
  "without-a-cookie": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.open(token);
    browser.cookie = "";
    return browser.send(token, { do: "code" });
  },
  "decided-others-wait": async () => {
    const world = later(await named(), 260);
    await world.connect(accountOf(7), endpointOf(11));
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.signIn(token, "ann");
    return browser.send(token, { choice: "approve", reason: "known from the spring trial" });
  },
  "decided-none-waits": async () => {
    const world = later(await named(), 260);
    const [browser, token] = [world.browser(), await world.linkOf("ann")];
    await browser.signIn(token, "ann");
    return browser.send(token, { choice: "reject" });
  },
  "everybodys-link": async () => (await named()).http("GET"),
  "somebody-removed": async () => {
    const world = await named();
    return world.http("GET", { token: await world.linkOf("zoe") });
  },
  busy: async () => {
    const world = await asked(withPast);
    await world.ports("another").proofs.claim("answering", String(world.told("ApprovalRequested")["question"]), 20);
    return world.answer();
  },
  replaced: async () => {
    const world = await asked(withPast);
    const token = linkToken(await world.ports().keys.link(), {
      question: "id-0",
      endpoint,
      approver: "approvers",
      expires: linkExpiry(world.clock.now()),
    });
    return world.http("GET", { token });
  },
  silence: async () => {
    const world = await named({ silence: "reject" });
    const link = await world.linkOf("ann");
    later(world, 6 * 24 * 3600);
    const fresh = await world.linkOf("ann");
    later(world, 24 * 3600);
    await world.look();
    expectStatus(await world.http("GET", { token: link }), 410);
    return world.http("GET", { token: fresh });
  },
  "break-glass": async () => {
    const world = await named({ quorum: 2 });
    const question = String(world.told("ApprovalRequested")["question"]);
    const by = { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" } as const;
    const signal = { kind: "answered", question, choice: "approve", by, breakGlass: true, reason: "payments are down" } as const;
    const ports = world.ports();
    await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] });
    const shown = await world.http("GET", { token: await world.linkOfSettled("bob") });
    if (!shown.html.includes("<h1>Break-glass: ")) throw new Error("the glass was not broken");
    return shown;
  },
  "list-expired": async () => {
    const world = await named();
    const token = await listOf(world);
    return later(world, 8 * 24 * 3600).http("GET", { path: "q", token });
  },
  "list-somebody-removed": async () => {
    const world = await named();
    const token = listToken(await world.ports().keys.link(), { approver: "zoe", expires: linkExpiry(world.clock.now()) });
    return world.http("GET", { path: "q", token });
  },
  "not-allowed": async () => (await asked()).http("PUT"),
  expired: async () => later(await asked(), 8 * 24 * 3600).http("GET"),
  unknown: async () => (await asked()).http("GET", { token: "eyJhbGciOiJub25lIn0" }),
  hostile: async () =>
    (
      await asked((world) =>
        world.entry({
          ...acme,
          name: `"><script>alert(1)</script><img src=x onerror=alert(1)> \u202Eevil ${"W".repeat(90)}`,
          contact: "<!channel> </dd></dl><h1>Approve me</h1>",
          purpose: "x".repeat(300),
        }),
      )
    ).http("GET"),
  failed: async () => {
    const { status, html, headers } = reply(
      problemPage(503, "Something that Drawbridge needs did not answer in time.", "try again in a moment", "7c1f0e0a-2b51"),
    );
    return { status, html, headers, cookies: [] };
  },
};
