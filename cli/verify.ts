// The command verify: the checks of a PrivateLink connection, taken one by one, each with what mends it.

import { isEndpointId } from "../lib/ids.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { ToldFailure, wrongUsage } from "./failure.ts";
import { findingLine } from "./findings.ts";
import { details } from "./render.ts";
import type { Terminal } from "./terminal.ts";
import { recorded } from "./verify/acceptance.ts";
import type { Finding } from "./verify/finding.ts";
import type { Asked } from "./verify/ground.ts";
import type { Seen } from "./verify/look.ts";

const verify: Command = {
  name: "verify",
  operands: "<endpoint>",
  summary: "whether a connection works: acceptance, names, reachability, groups, flow logs, metrics",
  more: "Uses your own AWS credentials, the consumer's or the provider's: each sees its own side. Names and reachability are tried from where this runs, or from where the SOCKS proxy in ALL_PROXY stands (docs/walkthrough.md). What may not be read is told as such. With --api it also says what Drawbridge decided. Exit code 1 when something failed.",
  options: {
    name: { value: "NAME", several: true, help: "also try this name, such as payments.internal" },
    port: { value: "PORT", help: "the port of the service (80 unless told)" },
    path: { value: "PATH", help: "the path that is asked for (/ unless told)" },
    tcp: { help: "the service does not speak HTTP: connecting is enough" },
  },
  examples: [
    "drawbridge verify vpce-0123456789abcdef0 --name payments.internal",
    "drawbridge verify vpce-0123456789abcdef0 --port 5432 --tcp --json",
  ],
  async run(call) {
    const [endpoint = ""] = operandsOf(call, this, 1);
    if (!isEndpointId(endpoint)) throw wrongUsage(`${endpoint} is not an endpoint's id`, "give vpce-…");
    const { given, terminal } = call;
    const port = Number(given.text("port") ?? 80);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrongUsage("--port needs a number from 1 to 65535");
    const path = given.text("path") ?? "/";
    if (!path.startsWith("/")) throw wrongUsage("--path needs a path, such as /health");
    const [{ look }, { reachFrom }] = await Promise.all([import("./verify/look.ts"), import("./verify/reach.ts")]);
    const reach = reachFrom(terminal.env);
    const names = given.texts("name") ?? [];
    const asked = { endpoint, names, port, path, http: !given.flag("tcp") };
    const seen = await look({ ...asked, again: commandOf(asked) }, reach);
    const findings = await withRecord(call, endpoint, seen.findings);
    const shown = { endpoint, ...summary(seen), from: reach.from, findings };
    call.result(shown, () => words(endpoint, seen, reach.from, findings, terminal));
    const failed = findings.filter(({ state }) => state === "failed").length;
    if (failed > 0)
      throw new ToldFailure(1, "NotVerified", `${String(failed)} of ${String(findings.length)} checks failed`, "each has its remedy above");
  },
};

/** What takes the same looks again. */
function commandOf({ endpoint, names, port, path, http }: Omit<Asked, "again">): string {
  return [
    `drawbridge verify ${endpoint}`,
    ...names.map((name) => `--name ${name}`),
    ...(port === 80 ? [] : [`--port ${String(port)}`]),
    ...(path === "/" ? [] : [`--path ${path}`]),
    ...(http ? [] : ["--tcp"]),
  ].join(" ");
}

/** What Drawbridge knows of it stands first, where an address of the API is given. */
async function withRecord({ given, terminal, api }: Call, endpoint: string, findings: readonly Finding[]): Promise<readonly Finding[]> {
  const address = given.text("api") ?? terminal.env["DRAWBRIDGE_API"] ?? "";
  return address === "" ? findings : [await recorded(api, endpoint), ...findings];
}

const summary = ({ region, sides: { consumer, provider } }: Seen) => ({
  region,
  sides: [...(consumer === undefined ? [] : ["consumer"]), ...(provider === undefined ? [] : ["provider"])],
  service: provider?.serviceId ?? consumer?.serviceId,
});

function words(endpoint: string, seen: Seen, from: string, findings: readonly Finding[], terminal: Terminal): string {
  const { region, sides, service } = summary(seen);
  const head = details(
    [
      ["Endpoint", `${endpoint}, ${region}`],
      ["Service", service ?? "?"],
      ["Seen as", sides.join(" and ") || "neither side"],
      ["Tried from", from],
    ],
    terminal,
  );
  return [head, "", ...findings.map((finding) => findingLine(finding, terminal))].join("\n");
}

export const verifyCommands: readonly Command[] = [verify];
