// Connections as operators see them.

import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import { Refused } from "../faults.ts";
import type { EndpointId } from "../ids.ts";
import { connectionSubject, type Page } from "../ledger.ts";
import type { Observed } from "../observed.ts";
import { statusWords } from "../wording.ts";
import { historyOf, type Told } from "./history.ts";
import { aConnection, listedConnections, read } from "./inputs.ts";
import type { OperatorPorts } from "./operator.ts";
import { walk } from "./paging.ts";

/** By account, by service, or of every service in care. */
export async function list(ports: OperatorPorts, input: unknown): Promise<Page<Connection>> {
  const { service, account, status, ...page } = read(listedConnections, input);
  const keep = (connection: Connection): boolean =>
    (status === undefined || connection.status === status) && (service === undefined || connection.service === service);
  if (account !== undefined) return walk([{ key: account, page: (request) => ports.connections.ofAccount(account, request) }], page, keep);
  return walk(
    (await servicesOf(ports, service)).map((at) => ({
      key: at,
      page: (request) => (status === "asking" ? ports.connections.asking(at, request) : ports.connections.ofService(at, request)),
    })),
    page,
    keep,
  );
}

export interface ShownConnection {
  readonly connection: Connection;
  readonly words: string;
  readonly history: readonly Told[];
  /** False when the story is longer than what is told here; `audit` pages through all of it. */
  readonly complete: boolean;
  /** What AWS shows at this moment, when that was asked for. */
  readonly aws?: Observed | "not listed";
}

export async function show(ports: OperatorPorts, input: unknown): Promise<ShownConnection> {
  const { endpoint, aws: asked } = read(aConnection, input);
  const connection = await recordOf(ports, endpoint);
  const [{ history, complete }, aws] = await Promise.all([
    historyOf(ports.ledger, connectionSubject(endpoint)),
    asked ? atAws(ports, connection) : undefined,
  ]);
  return {
    connection,
    words: statusWords[connection.status],
    history,
    complete,
    ...optional("aws", aws),
  };
}

async function atAws(ports: OperatorPorts, { service, endpoint }: Connection): Promise<Observed | "not listed"> {
  return (await ports.endpointServices.connections(service)).find((shown) => shown.endpoint === endpoint) ?? "not listed";
}

export async function servicesOf(ports: OperatorPorts, service: Connection["service"] | undefined): Promise<Connection["service"][]> {
  return service === undefined ? (await ports.services.all()).map((each) => each.service).sort() : [service];
}

export async function recordOf(ports: Pick<OperatorPorts, "connections">, endpoint: EndpointId): Promise<Connection> {
  const kept = (await ports.connections.load([endpoint])).get(endpoint);
  if (kept === undefined)
    throw new Refused(
      "NotFound",
      `Drawbridge has not seen ${endpoint}`,
      "check the id; only endpoints to services in care are seen, within a minute of their creation",
    );
  return kept.connection;
}
