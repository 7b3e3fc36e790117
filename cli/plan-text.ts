// A policy's plan as text: what is added, changed and removed, a line each.

import { differences, fieldWords, valueWords } from "../lib/differences.ts";
import type { PolicyPlan, SaidApprover, SaidService } from "../lib/operator/policy.ts";
import { keyWords } from "../lib/operator/principals.ts";
import { saidOf, type SaidEntry } from "../lib/said-entry.ts";
import { painted, prose, type Style } from "./render.ts";
import type { Look } from "./terminal.ts";

const shownMax = 40;

export function planText(plan: PolicyPlan, look: Look): string {
  const line = (mark: string, style: Style, text: string): string => `${painted(mark, style, look)}${prose(`  ${text}`, look, 2).slice(1)}`;
  const { approvers, take, release, services, enforce, add, change, remove } = plan;
  const lines = [
    ...approvers.put.map(({ said, before }) =>
      line(before === undefined ? "+" : "~", before === undefined ? "green" : "yellow", approverWords(said)),
    ),
    ...release.map(({ service }) => line("-", "red", `${service}: released; its connections stay as they are, new requests wait at AWS`)),
    ...take.map((said) => line("+", "green", `${said.service}: taken into care, ${careWords(said)}`)),
    ...services.flatMap(({ before, set }) => line("~", "yellow", `${before.service}: ${settingsWords(before, set)}`)),
    ...add.map((said) => line("+", "green", `${keyWords(said)}: ${saysOf(said)}`)),
    ...change.map(({ before, said }) => line("~", "yellow", `${keyWords(said)}: ${differences(saidOf(before), said)}`)),
    ...remove.map((entry) => line("-", "red", `${keyWords(entry)}: ${entry.verdict}${entry.name === undefined ? "" : ` (${entry.name})`}`)),
    ...enforce.map(({ service }) => line("~", "yellow", `${service}: mode observe → enforce`)),
    ...approvers.remove.map(({ name }) => line("-", "red", `approver ${name}`)),
  ];
  const more = lines.length - shownMax;
  return [...lines.slice(0, shownMax), ...(more > 0 ? [`… and ${String(more)} more`] : []), planWords(plan)].join("\n");
}

function planWords({ approvers, take, release, services, enforce, add, change, remove }: PolicyPlan): string {
  const people = approvers.put.length + approvers.remove.length;
  const care = [
    [take.length, "take into care"],
    [services.length, "set"],
    [enforce.length, "enforce"],
    [release.length, "release"],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${String(count)} to ${String(what)}`]));
  return [
    `Plan: ${String(add.length)} to add, ${String(change.length)} to change, ${String(remove.length)} to remove`,
    ...(care.length === 0 ? [] : [`services: ${care.join(", ")}`]),
    ...(people === 0 ? [] : [`${String(people)} of the approvers to change`]),
  ].join("; ");
}

/** `enforced, zone privatelink.example.com, on reject keep`. */
const careWords = ({ service: _service, mode, ...said }: SaidService): string =>
  [mode === "observe" ? "observed only" : "enforced", differences({}, said).replaceAll("none → ", "")]
    .filter((part) => part !== "")
    .join(", ");

function settingsWords(before: PolicyPlan["services"][number]["before"], set: Readonly<Record<string, unknown>>): string {
  const was = Object.fromEntries(Object.keys(set).map((field) => [field, before[field as keyof typeof before]]));
  return differences(was, set);
}

const approverWords = ({ name, ...said }: SaidApprover): string =>
  `approver ${name}${Object.values(said).length === 0 ? "" : ` (${Object.values(said).join(", ")})`}`;

/** Everything that the entry says, its verdict first. */
function saysOf({ service: _service, principal: _principal, verdict, conditions, ...said }: SaidEntry): string {
  const members = { ...said, ...conditions };
  return [verdict, ...Object.entries(members).map(([field, value]) => `${fieldWords(field)} ${valueWords(value)}`)].join(", ");
}
