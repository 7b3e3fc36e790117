// The command explain: which entry decides, what it beat, and what each condition saw; also for what is only supposed.

import { explanationLines } from "../lib/explain.ts";
import type { Explained, ExplainedConsumer } from "../lib/operator/explain.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { details, moment, painted, prose, type Style } from "./render.ts";

const explain: Command = {
  name: "explain",
  operands: "<endpoint|account>",
  summary: "why a connection stands as it does, or what would become of an account that connects",
  more: "The verdict comes from the functions that decide, so it is what happens. --region, --ip-type and --at ask: what if?",
  options: {
    service: { value: "ID", help: "at this service only (for an account)" },
    region: { value: "REGION", help: "as if it connected from this Region" },
    "ip-type": { value: "TYPE", help: "as if its addresses were ipv4, dualstack or ipv6" },
    at: { value: "TIME", help: "as if it were then, with the list as it is now" },
  },
  examples: [
    "drawbridge explain vpce-0123456789abcdef0",
    "drawbridge explain 222222222222 --service vpce-svc-0123456789abcdef0 --region eu-west-1",
    "drawbridge explain 222222222222 --at 2027-01-01 --json",
  ],
  async run(call) {
    const [who = ""] = operandsOf(call, this, 1);
    const { given } = call;
    const explained = await call.api.get<Explained>("/explain", {
      who,
      service: given.text("service"),
      region: given.text("region"),
      ipAddressType: given.text("ip-type"),
      at: given.text("at"),
    });
    call.result(explained, () =>
      explained.items.length === 0
        ? "No service is in care: nothing is decided yet."
        : explained.items.map((one) => explanationText(one, call.terminal)).join("\n\n"),
    );
  },
};

const styles: Readonly<Record<ExplainedConsumer["explanation"]["verdict"], Style>> = { accept: "green", ask: "yellow", reject: "red" };

function explanationText(explained: ExplainedConsumer, terminal: Call["terminal"]): string {
  const { consumer, explanation, connection, cut, stays, supposed, mode, at } = explained;
  const from = [consumer.region ?? "Region not known", consumer.ipAddressType ?? "address type not known"].join(", ");
  const what = supposed.map((one) => (one === "at" ? `the time ${moment(at)}` : (supposedWords[one] ?? one))).join(", ");
  const head = details(
    [
      ["Consumer", `account ${consumer.account}${consumer.endpoint === undefined ? "" : `, ${consumer.endpoint}`}`],
      ["Service", `${consumer.service}${mode === "observe" ? " (only observed)" : ""}`],
      ["From", from],
      ...(what === "" ? [] : [["Supposed", what] as const]),
      ...(connection === undefined
        ? []
        : [["Stands", connection.decision === undefined ? connection.words : `${connection.words}: ${connection.decision}`] as const]),
      ...(stays === undefined ? [] : [["Stays", stays] as const]),
      ...(cut === undefined ? [] : [["To be cut", `at ${moment(cut.due)}, because ${cut.because.detail}`] as const]),
    ],
    terminal,
  );
  const [first = "", ...others] = explanationLines(explanation);
  const tree = explanation.entries.length === 0 ? ["No entry speaks of this consumer."] : others;
  return [
    head,
    "",
    painted(prose(first, terminal, 2), styles[explanation.verdict], terminal),
    ...tree.map((line) => prose(line, terminal, 11)),
  ].join("\n");
}

const supposedWords: Readonly<Record<string, string>> = { region: "the Region", ipAddressType: "the address type" };

export const explainCommands: readonly Command[] = [explain];
