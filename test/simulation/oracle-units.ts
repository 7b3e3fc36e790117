// What entries for units and organizations mean for an endpoint, a second time, written without lib/.

import type { Entry, Membership } from "../../lib/allow-list.ts";
import type { ServiceId } from "../../lib/ids.ts";
import type { Row } from "./ec2.ts";
import type { ListRead } from "./lambda.ts";
import type { Table } from "./store.ts";

/** Where the account belongs, and which entries for units there were when that was asked. */
export interface Belonging {
  readonly is: Membership;
  readonly units: readonly Entry[];
}

const isOfUnits = ({ principal }: Entry): boolean => principal.startsWith("ou#") || principal.startsWith("org#");

export const belonging = (is: Membership, table: Table): Belonging => ({ is, units: [...table.values()].filter(isOfUnits) });

/** As the run that read this list knew it; nobody needs to be asked where there is no such entry, and who was not is not known. */
export function belongingOf({ members, before }: ListRead, { account, service }: Row): Belonging {
  const { units } = belonging("unknown", before?.get(service) ?? none);
  const matters = units.some((entry) => entry.service === service || entry.service === "*");
  return { is: (matters ? members?.get(account) : undefined) ?? "unknown", units };
}
const none: Table = new Map();

/** Between the account and everybody, nearest first. */
export function unitPrincipals({ is }: Belonging): string[] {
  return typeof is === "object" ? [...is.units.map((unit) => `ou#${unit}`), `org#${is.id}`] : [];
}

/** Stands where entries would be that may or may not speak of the endpoint: nobody can say which. */
export function doubtAt(service: ServiceId | "*", { is, units }: Belonging): Entry[] {
  if (is !== "unknown") return [];
  const here = units.filter((entry) => entry.service === service);
  if (here.length === 0) return [];
  const verdict = here.some((entry) => entry.verdict === "reject") ? "reject" : "ask";
  return [{ service, principal: doubtful, verdict, conditions: {}, version: 0, author: "", at: here[0]?.at ?? ("" as Entry["at"]) }];
}

const doubtful = "ou#nobody-knows";
export const isDoubt = ({ principal }: Entry): boolean => principal === doubtful;
