// A service's settings and those of an entry, as people are asked by both: whether anybody could answer, before and after they are written.

import type { Entry } from "../allow-list.ts";
import { askingFault, together, type AskingFault } from "../asking-policy.ts";
import { BadInput } from "../faults.ts";
import type { AllowList } from "../ports.ts";
import type { Service } from "../service.ts";
import { mailOf } from "./mailbox.ts";
import type { OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";
import { keyWords } from "./principals.ts";
import { isUnreadable } from "./unreadable-entry.ts";

type Asks = Pick<Service, "service" | "asking">;
type Asked = Pick<Entry, "service" | "principal" | "asking">;

/** What is wrong with the entry at the service; nothing where it leaves asking to the service. */
function faultAt({ asking }: Pick<Entry, "asking">, { service, asking: its }: Asks): AskingFault | undefined {
  if (asking === undefined) return undefined;
  const both = together(its, asking);
  const fault = askingFault(both);
  if (fault?.field !== "quorum") return fault;
  const named = new Set(both.approvers).size;
  const from =
    asking.quorum === undefined
      ? `; ${service} wants ${String(both.quorum)}`
      : asking.approvers === undefined
        ? `; ${service} names ${named === 0 ? "none" : String(named)}`
        : "";
  return { ...fault, remedy: `${fault.remedy}${from}` };
}

const speaksAt = ({ service }: Asked, at: Asks): boolean => service === "*" || service === at.service;

/** The first fault of the entry at any of the services that it speaks at. */
export const faultAmong = (entry: Asked, services: readonly Asks[]): AskingFault | undefined =>
  services.filter((service) => speaksAt(entry, service)).flatMap((service) => faultAt(entry, service) ?? [])[0];

/** Throws where nobody could answer about a consumer of the entry. */
export function checkEntry(entry: Asked, services: readonly Asks[]): void {
  const fault = faultAmong(entry, services);
  if (fault !== undefined) throw new BadInput(`asking.${fault.field}`, entry.asking?.[fault.field], fault.remedy);
}

/** What is wrong with the service's own settings, or with an entry by them. */
export function faultOf(service: Asks, entries: readonly Asked[]): AskingFault | undefined {
  const own = askingFault(service.asking ?? {});
  if (own !== undefined) return own;
  for (const entry of entries) {
    const fault = speaksAt(entry, service) ? faultAt(entry, service) : undefined;
    if (fault !== undefined) return { ...fault, remedy: `change the entry for ${keyWords(entry)} first: ${fault.remedy}` };
  }
  return undefined;
}

/** Throws where nobody could answer about a consumer of the service. */
export function checkService(service: Asks, entries: readonly Asked[]): void {
  const fault = faultOf(service, entries);
  if (fault !== undefined) throw new BadInput(`asking.${fault.field}`, service.asking?.[fault.field], fault.remedy);
}

/** So many entries are looked at; a list that is longer is looked at no further. */
const entriesMax = 20_000;

/** The entries that ask in their own way at the service. */
export async function askingEntries(
  { allowList }: { readonly allowList: Pick<AllowList, "ofService"> },
  { service }: Asks,
): Promise<Entry[]> {
  const lists = await Promise.all(
    ([service, "*"] as const).map((at) => all((page) => allowList.ofService(at, page), entriesMax).then(({ items }) => items)),
  );
  return lists.flat().filter((found): found is Entry => !isUnreadable(found) && found.asking !== undefined);
}

interface Problem {
  readonly message: string;
  readonly remedy: string;
}

/** What keeps a service's questions from being answered by those that it, or an entry, names. */
export async function askingProblems(
  ports: Pick<OperatorPorts, "approvers" | "allowList" | "deployment" | "subscriptions">,
  service: Asks,
): Promise<Problem[]> {
  const [approvers, entries, unheard] = await Promise.all([
    ports.approvers.all(),
    askingEntries(ports, service),
    unheardMailbox(ports, service),
  ]);
  const there = new Map(approvers.map((one) => [one.name, one]));
  const unknown = (names: readonly string[]): string[] => [...new Set(names)].filter((name) => !there.has(name));
  const missing = (who: string, { approvers: names = [], escalateTo = [] }: NonNullable<Asks["asking"]>): Problem[] => {
    const absent = unknown([...names, ...escalateTo]);
    if (absent.length === 0) return [];
    return [
      {
        message: `${who} asks ${absent.join(", ")}, whom nobody has added as an approver`,
        remedy: "add them with: drawbridge approvers add",
      },
    ];
  };
  const { approvers: names = [], quorum = 1 } = service.asking ?? {};
  const reached = names.filter((name) => there.get(name)?.reachableSince !== undefined || there.get(name)?.slack !== undefined);
  return [
    ...unheard,
    ...(names.length === 0 ? [] : missing(service.service, service.asking ?? {})),
    ...(names.length === 0 || reached.length >= quorum
      ? []
      : [
          {
            message: `${service.service} wants ${String(quorum)} to agree, and messages reach ${String(reached.length)} of its approvers`,
            remedy: "see whom with: drawbridge approvers list",
          },
        ]),
    ...entries.flatMap((entry) => {
      const who = `the entry for ${keyWords(entry)}`;
      const fault = faultAt(entry, service);
      return [
        ...(fault === undefined ? [] : [{ message: `${who} cannot be answered: ${fault.why}`, remedy: fault.remedy }]),
        ...missing(who, entry.asking ?? {}),
      ];
    }),
  ];
}

/** Where nobody is named, the deployment's own mailbox has to hear. */
async function unheardMailbox(
  { deployment: { mailbox }, subscriptions }: Pick<OperatorPorts, "deployment" | "subscriptions">,
  { service, asking }: Asks,
): Promise<Problem[]> {
  if (mailbox === undefined || (asking?.approvers ?? []).length > 0) return [];
  const mail = await mailOf(subscriptions, mailbox);
  if (mail === "confirmed" || mail === "unprotected") return [];
  return [
    {
      message: `${service} names no approvers, and no mail reaches ${mailbox}, which is asked instead`,
      remedy: "have it confirm with: drawbridge approvers add approvers",
    },
  ];
}
