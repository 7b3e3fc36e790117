// Who stays connected though a change of the policy lets them in no more: nothing happens to them, and so nobody would hear of them.

import { described, entryId, type Entry } from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import { staysThough } from "../holding.ts";
import type { EndpointId } from "../ids.ts";
import { candidateOf, rulings, type Ruling } from "../loop/verdicts.ts";
import { waits, type Observed } from "../observed.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";
import type { Supposed } from "./supposed.ts";

/** A connection to which the change itself does nothing, as it is after it, with what the list then says of it. */
export interface Quiet {
  readonly connection: Connection;
  readonly service: Service;
  readonly shown: Observed;
  readonly ruling: Ruling;
}
type Kept = { readonly kind: "kept"; readonly fate: ReturnType<typeof fateOf> };
type Ports = Pick<OperatorPorts, "clock" | "connections" | "allowList" | "organizations">;

export async function keptOnes(ports: Ports, supposed: Supposed, quiet: readonly Quiet[]): Promise<Kept[]> {
  const stay = reasons(quiet, ports);
  const over = await overTheLimit(ports, supposed, quiet);
  const found = quiet.flatMap((one) => {
    const because = stay.get(one.connection.endpoint) ?? over.get(one.connection.endpoint);
    return because === undefined ? [] : [{ one, because }];
  });
  const were = await before(
    ports,
    found.map(({ one }) => one),
  );
  const stayed = reasons(were, ports);
  const known = new Set(were.map(({ connection }) => connection.endpoint));
  return found.flatMap(({ one: { connection, ruling }, because }): Kept[] => {
    // Who is only now recorded was let in by somebody else; that a reject entry spares them is worth saying.
    const isNews = known.has(connection.endpoint) ? !stayed.has(connection.endpoint) : ruling.judgement.verdict === "reject";
    return isNews ? [{ kind: "kept", fate: fateOf(connection, because) }] : [];
  });
}

const fateOf = ({ endpoint, account, service }: Connection, because: string) => ({ endpoint, account, service, because });

/** The same as they are now: who goes on in spite of the list already is no news of this change. */
async function before(ports: Ports, quiet: readonly Quiet[]): Promise<Quiet[]> {
  if (quiet.length === 0) return [];
  const records = await ports.connections.load(quiet.map(({ connection }) => connection.endpoint));
  const were = quiet.flatMap((one) => {
    const record = records.get(one.connection.endpoint)?.connection;
    return record === undefined ? [] : [{ ...one, connection: record, service: { ...one.service, mode: "enforce" as const } }];
  });
  const given = await rulings(
    ports,
    were.map(({ shown, connection }) => candidateOf(shown, connection)),
  );
  return were.flatMap((one, index) => (given[index] === undefined ? [] : [{ ...one, ruling: given[index] }]));
}

const reasons = (all: readonly Quiet[], { clock }: Pick<Ports, "clock">): Map<EndpointId, string> =>
  new Map(
    all.flatMap(({ connection, service, shown, ruling }) => {
      const because = staysThough(connection, { ...ruling, service, now: clock(), waiting: waits(shown.state) });
      return because === undefined ? [] : [[connection.endpoint, because] as const];
    }),
  );

/** A limit that comes, or is lowered, ends nobody: those accepted last are the ones that it would not have let in. */
async function overTheLimit(
  { allowList }: Pick<Ports, "allowList">,
  { entries = [] }: Supposed,
  quiet: readonly Quiet[],
): Promise<Map<EndpointId, string>> {
  const limited = entries.filter(({ verdict, conditions }) => verdict === "accept" && conditions.atMost !== undefined);
  const there = new Map((await allowList.inspect(limited)).map((found) => [entryId(found), found]));
  return new Map(
    limited.flatMap((entry) => {
      const was = there.get(entryId(entry));
      const held = quiet
        .map(({ connection }) => connection)
        .filter((connection) => isHeldBy(connection, entry))
        .toSorted((a, b) => (acceptedAt(a) < acceptedAt(b) ? -1 : 1));
      const over = held.slice(entry.conditions.atMost, was === undefined || "unreadable" in was ? undefined : was.conditions.atMost);
      return over.map(({ endpoint }) => [endpoint, overWords(entry, held.length)] as const);
    }),
  );
}

const isHeldBy = (connection: Connection, entry: Entry): boolean =>
  (connection.status === "approved" || connection.status === "connected") &&
  (connection.counter === entryId(entry) ||
    (connection.decision.by.kind === "entry" && entryId(connection.decision.by.entry) === entryId(entry)));
const acceptedAt = (connection: Connection): string => ("decision" in connection ? (connection.decision?.at ?? "") : "");
const overWords = (entry: Entry, count: number): string =>
  `${described(entry)}, at most ${String(entry.conditions.atMost)}, and it holds ${String(count)}: a limit cuts nobody`;
