// Every state of the approval page in a real browser, in light, dark and on a telephone: `node test/web/screenshots.ts` writes screenshots/.

import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run } from "../../lib/loop/run.ts";
import { problemPage } from "../../lib/web/plain-pages.ts";
import { reply } from "../../lib/web/layout.ts";
import { asked, endpoint, form, hidden, service, stranger, type Answered, type Asked } from "../asking/given.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import { linkExpiry, listToken } from "../../lib/web/links.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { axeFindings } from "./axe.ts";
import { startBrowser } from "./browser.ts";

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

const states: Readonly<Record<string, () => Promise<Answered>>> = {
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

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 320, height: 640 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 320, height: 640 } },
] as const;

mkdirSync("screenshots", { recursive: true });
const pages = new Map<string, Answered>();
const server = createServer(({ url = "" }, response) => {
  const page = pages.get(url.slice(1));
  response.writeHead(page?.status ?? 404, {
    "content-type": "text/html; charset=utf-8",
    ...(page?.headers as Record<string, string> | undefined),
  });
  response.end(page?.html ?? "");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const browser = await startBrowser();
const wanted = process.argv.slice(2);
let wide = 0;
for (const [name, make] of Object.entries(states)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  pages.set(name, await make());
  for (const { name: look, ...options } of looks) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`http://127.0.0.1:${String(port)}/${name}`);
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    if (overflow > 0) wide += 1;
    // What a finger has to hit, and what a screen reader has to name.
    const faults = await page.evaluate<string[]>(
      `[...document.querySelectorAll("button, summary, textarea, ol.questions a, label.choice, .choice .grow, input:not([type=hidden]):not([type=radio])")]
        .filter((element) => element.checkVisibility())
        .filter((element) => { const { width, height } = element.getBoundingClientRect(); return width < 44 || height < 44; })
        .map((element) => "too small: " + element.outerHTML.slice(0, 80))
        .concat([...document.querySelectorAll("input:not([type=hidden]), textarea")]
          .filter(({ labels }) => labels.length !== 1)
          .map((element) => "without its label: " + element.outerHTML.slice(0, 80)))
        .concat([...document.querySelectorAll("[id]")].filter(({ id }, index, all) => all.findIndex((other) => other.id === id) !== index).map(({ id }) => "twice: " + id))
        .concat([...document.querySelectorAll("[aria-describedby], [aria-labelledby]")]
          .flatMap((element) => (element.getAttribute("aria-describedby") ?? element.getAttribute("aria-labelledby")).split(" "))
          .filter((id) => document.getElementById(id) === null)
          .map((id) => "names what is not there: " + id))`,
    );
    faults.push(...(await axeFindings(page)));
    if (faults.length > 0) wide += 1;
    for (const fault of faults) console.log(`${name} ${look}: ${fault}`);
    await page.screenshot({ path: `screenshots/${name}-${look}.png`, fullPage: true });
    const said = complaints.filter((text) => !/status of (4|5)\d\d/.test(text));
    console.log(
      `${name} ${look}: ${String(pages.get(name)?.status)}${overflow > 0 ? `, ${String(overflow)} px too wide` : ""}${said.length > 0 ? `, console: ${said.join("; ")}` : ""}`,
    );
    await context.close();
  }
}
await browser.close();
server.close();
process.exitCode = wide > 0 ? 1 : 0;
