// The commands about services: list, add, show, enforce, remove.

import type { Status } from "../lib/connection-states.ts";
import type { Preview } from "../lib/operator/service-survey.ts";
import type { Added, Shown } from "../lib/operator/services.ts";
import { privateDnsWords } from "../lib/private-dns.ts";
import type { Service } from "../lib/service.ts";
import { personWords, statusWords, verdictWords } from "../lib/wording.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { problemLines } from "./problem-lines.ts";
import { details, harmless, minute, moment, painted, prose } from "./render.ts";
import { table } from "./table.ts";
import { settingsLines } from "./settings-words.ts";
import { story } from "./story.ts";

const example = "vpce-svc-0123456789abcdef0";

const list: Command = {
  name: "services list",
  operands: "",
  summary: "the services in Drawbridge's care",
  options: {},
  examples: ["drawbridge services", "drawbridge services list --json | jq -r '.items[].service'"],
  async run(call) {
    operandsOf(call, this, 0);
    const { items } = await call.api.get<{ items: Service[] }>("/services");
    call.result({ items }, () =>
      items.length === 0
        ? `No service is in care yet. Begin with: drawbridge services add <service-id> --zone <zone>`
        : servicesTable(items, call),
    );
  },
};

function servicesTable(services: readonly Service[], { terminal }: Pick<Call, "terminal">): string {
  const open = services.some(({ acceptanceOffSince }) => acceptanceOffSince !== undefined);
  return table(
    [
      { head: "SERVICE" },
      { head: "MODE" },
      ...(open ? [{ head: "ACCEPTANCE" }] : []),
      { head: "NAMES IN" },
      { head: "OUTSIDE" },
      { head: "SINCE (UTC)" },
    ],
    services.map((service) => [
      service.service,
      service.mode === "observe" ? { text: "observe", style: "yellow" } : service.mode,
      ...(open ? [service.acceptanceOffSince === undefined ? "required" : ({ text: "is OFF", style: "red" } as const)] : []),
      service.zone?.name ?? "-",
      service.outsideAccept,
      minute(service.addedAt),
    ]),
    terminal,
  );
}

const add: Command = {
  name: "services add",
  operands: "<service-id>",
  summary: "take a service into care, after a preview",
  more: "AWS must ask for acceptance, and the service must have the tag drawbridge. Connections that are accepted already are adopted: never asked about, and cut by a reject entry alone. Safe to repeat.",
  options: {
    zone: { value: "ZONE", help: "the hosted zone of consumers' names, by id or name" },
    "no-names": { help: "give consumers no names (instead of --zone)" },
    observe: { help: "log what would be decided and do nothing, until services enforce" },
    outside: {
      value: "keep|enforce",
      help: "what an accept outside Drawbridge means: keep it (usual), or decide anew",
    },
    ...yes,
  },
  examples: [
    `drawbridge services add ${example} --zone privatelink.example.com`,
    `drawbridge services add ${example} --zone Z0123456789ABCDEFGHIJ --observe --yes`,
  ],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    const { given, api, terminal } = call;
    const zone = given.text("zone");
    const outside = given.text("outside") ?? "keep";
    if ((zone === undefined) !== given.flag("no-names"))
      throw wrongUsage("give --zone, or else --no-names", `see drawbridge ${this.name} --help`);
    if (outside !== "keep" && outside !== "enforce") throw wrongUsage("--outside takes keep or enforce");
    const preview = await previewed(call, service, zone);
    const mode = given.flag("observe") ? "observe" : "enforce";
    if (preview.inCare === undefined) await confirm(call, `Take ${service} into care${mode === "observe" ? ", to be observed only" : ""}?`);
    const added = await api.post<Added>("/services", {
      service,
      zone,
      mode,
      outsideAccept: outside,
    });
    call.result(added, () => addedWords(added, terminal));
  },
};

/** Shows on stderr what taking the service would mean; what stands in the way ends the command. */
async function previewed({ api, terminal }: Call, service: string, zone: string | undefined): Promise<Preview> {
  const preview = await api.get<Preview>(pathOf("services", service, "preview"), { zone });
  const [first, ...others] = preview.obstacles;
  if (first !== undefined) {
    for (const { message, remedy } of others) terminal.err(harmless(`Also: ${message}; ${remedy}`));
    throw new Failure(1, first.code, first.message, first.remedy);
  }
  const names = preview.zone ?? preview.inCare?.zone;
  terminal.err(
    details(
      [
        ["Service", service],
        ["Known as", preview.facts?.serviceName ?? "-"],
        ["Names in", names === undefined ? "-" : `${names.name} (${names.id})`],
        ["Connections", countsWords(preview.counts)],
      ],
      terminal.aside,
    ),
  );
  const telling = preview.connections.filter(
    ({ becomes, verdict, cut }) => becomes === "waits" || cut !== undefined || (becomes === "adopted" && verdict === "reject"),
  );
  if (telling.length > 0) terminal.err(foreseenTable(telling, terminal));
  return preview;
}

function countsWords({ adopted, cut, waiting, accept, ask, reject }: Preview["counts"]): string {
  const those = [`${String(accept)} accepted`, `${String(ask)} asked about`, `${String(reject)} rejected`].join(", ");
  return [
    `${String(adopted)} accepted already${cut === 0 ? "" : ` (${String(cut)} of them to be cut)`}`,
    waiting === 0 ? "none waiting" : `${String(waiting)} waiting (${those})`,
  ].join("; ");
}

const foreseenTable = (connections: Preview["connections"], terminal: Call["terminal"]): string =>
  table(
    [
      { head: "ENDPOINT" },
      { head: "ACCOUNT" },
      { head: "STATE" },
      { head: "WHAT FOLLOWS", breaks: true },
      { head: "BECAUSE", breaks: true },
    ],
    connections.map(({ endpoint, account, state, becomes, verdict, because, cut }) => [
      endpoint,
      account,
      state,
      becomes === "waits" ? verdictWords[verdict] : cut === undefined ? "stays, as a reject entry says" : cutWords(cut),
      because,
    ]),
    terminal.aside,
  );

const cutWords = ({ due }: { readonly due?: string }): string =>
  due === undefined ? "would be cut at once" : `would be cut at ${moment(due)}`;

function addedWords({ service, changed, recorded }: Added, terminal: Call["terminal"]): string {
  const head = changed
    ? `${painted(service.service, "bold", terminal)} is in Drawbridge's care${service.mode === "observe" ? ", observed only" : ""}.`
    : `${service.service} was in care already, just so: nothing changed.`;
  const there =
    recorded === undefined
      ? "Its connections are being recorded."
      : `Recorded: ${String(recorded.adopted)} adopted, ${String(recorded.requested)} waiting for a decision.`;
  return `${head}\n${there}`;
}

const show: Command = {
  name: "services show",
  operands: "<service-id>",
  summary: "a service: its settings, its health, its connections by state, its history",
  options: {},
  examples: [`drawbridge services show ${example}`],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    await showService(call, service);
  },
};

export async function showService(call: Call, service: string): Promise<void> {
  const shown = await call.api.get<Shown>(pathOf("services", service));
  call.result(shown, () => shownWords(shown, call.terminal));
}

function shownWords({ service, facts, problems, counts, counted, freezes, history }: Shown, terminal: Call["terminal"]): string {
  const head = details(
    [
      ["Service", service.service],
      ["Known as", service.serviceName ?? facts?.serviceName ?? "-"],
      ["Mode", service.mode === "observe" ? "observe: decisions are logged, nothing is done" : "enforce"],
      ["Names in", service.zone === undefined ? "-" : `${service.zone.name} (${service.zone.id})`],
      ...freezes.map(
        ({ id, at, by, reason }) =>
          ["Frozen", `${id === "*" ? "every service, " : ""}since ${moment(at)}, by ${personWords(by)}: ${reason}`] as const,
      ),
      ["Private DNS name", privateDnsShown(service)],
      ["In care since", `${moment(service.addedAt)}, by ${personWords(service.addedBy)}`],
      ["Connections", connectionsWords({ counts, counted })],
      ["Health", problems.length === 0 ? "good" : `${String(problems.length)} to look at`],
    ],
    terminal,
  );
  const troubles = problemLines(problems, terminal).map((line) => painted(line, "yellow", terminal));
  return [
    head,
    ...troubles,
    "",
    ...settingsLines(service).map((line) => prose(`- ${line}`, terminal, 2)),
    "",
    story(history, terminal),
  ].join("\n");
}

const privateDnsShown = ({ privateDnsName, privateDns }: Service): string => {
  if (privateDnsName === undefined) return privateDns === undefined ? "-" : `${privateDns.name}, being taken away`;
  return harmless(privateDns?.name === privateDnsName ? privateDnsWords(privateDns) : `${privateDnsName}, being set`);
};

/** `2 connected, 1 adopted`. */
function connectionsWords({ counts, counted }: Pick<Shown, "counts" | "counted">): string {
  const parts = Object.entries(counts).map(([status, count]) => `${String(count)} ${statusWords[status as Status]}`);
  return parts.length === 0 ? "no connections" : `${parts.join(", ")}${counted ? "" : " and more"}`;
}

const enforce: Command = {
  name: "services enforce",
  operands: "<service-id>",
  summary: "carry decisions out at a service that was only observed",
  options: yes,
  examples: [`drawbridge services enforce ${example}`],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    const preview = await previewed(call, service, undefined);
    if (preview.inCare?.mode === "observe") await confirm(call, `Carry decisions out at ${service} from now on?`);
    const done = await call.api.post<{ service: Service; changed: boolean }>(pathOf("services", service, "enforce"));
    call.result(done, () =>
      done.changed ? `Decisions at ${service} are carried out from now on.` : `${service} was enforced already: nothing changed.`,
    );
  },
};

const remove: Command = {
  name: "services remove",
  operands: "<service-id>",
  summary: "release a service; its connections stay as they are",
  more: "Its connection notification is removed, and nobody is accepted or asked about any more: AWS keeps new requests waiting. services add takes it up again.",
  options: yes,
  examples: [`drawbridge services remove ${example}`],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    const shown = await call.api.get<Shown>(pathOf("services", service));
    call.terminal.err(`${service}, in care since ${moment(shown.service.addedAt)}: ${connectionsWords(shown)}.`);
    await confirm(call, `Release ${service}? New requests will wait at AWS, unanswered.`);
    const done = await call.api.delete<{ service: Service }>(pathOf("services", service));
    call.result(done, () => `${service} is released. Its connections stay as they are.`);
  },
};

export const serviceCommands: readonly Command[] = [list, add, show, enforce, remove];
