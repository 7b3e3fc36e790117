// Which connections a reject entry would cut at once: told before it is written, since nobody should cut by accident.

import { judge, type Entry } from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import { Refused } from "../faults.ts";
import { accountId, endpointId, type AccountId, type EndpointId, type ServiceId } from "../ids.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";

const searchedMax = 5000;
const namedMax = 5;

/** Refuses an entry that cuts connections, unless that was confirmed. */
export async function confirmCut(ports: OperatorPorts, entry: Entry, confirmed: boolean): Promise<void> {
  if (entry.verdict !== "reject" || confirmed) return;
  const { cut, complete } = await cutBy(ports, entry);
  if (cut.length === 0 && complete) return;
  const named = cut.slice(0, namedMax).map(({ endpoint, account }) => `${endpoint} of ${account}`);
  const rest = cut.length > namedMax || !complete ? " and more" : "";
  const count = `${complete ? "" : "at least "}${String(cut.length)} ${cut.length === 1 ? "connection" : "connections"}`;
  throw new Refused(
    "ConfirmationNeeded",
    `This entry cuts ${count} at once: ${named.join(", ")}${rest}`,
    'confirm it to go on: --yes on the command line, "confirm": true in the API',
  );
}

/** Live connections that the entry rejects as things are, where decisions are carried out. */
async function cutBy(ports: OperatorPorts, entry: Entry): Promise<{ cut: Connection[]; complete: boolean }> {
  const services = new Map((await ports.services.all()).map((service) => [service.service, service]));
  const { items, complete } = await reached(ports, entry, [...services.keys()]);
  const now = ports.clock();
  const acts = ({ service }: Connection): boolean => isEnforced(services.get(service));
  return {
    cut: items.filter((connection) => isLive(connection) && acts(connection) && judge([entry], connection, now).verdict === "reject"),
    complete,
  };
}

const isEnforced = (service: Service | undefined): boolean => service?.mode === "enforce";
const isLive = ({ status }: Pick<Connection, "status">): boolean => status === "approved" || status === "connected" || status === "adopted";

async function reached(
  ports: OperatorPorts,
  { service, principal }: Entry,
  inCare: readonly ServiceId[],
): Promise<{ items: Connection[]; complete: boolean }> {
  const [kind, id = ""] = principal.split("#");
  if (kind === "endpoint") return { items: await one(ports, endpointId(id)), complete: true };
  if (kind === "account") return ofAccount(ports, accountId(id));
  const services = service === "*" ? inCare : [service];
  const found = await Promise.all(services.map((at) => all((page) => ports.connections.ofService(at, page), searchedMax)));
  return {
    items: found.flatMap(({ items }) => items),
    complete: found.every(({ complete }) => complete),
  };
}

const one = async (ports: OperatorPorts, endpoint: EndpointId): Promise<Connection[]> =>
  [...(await ports.connections.load([endpoint])).values()].map(({ connection }) => connection);
const ofAccount = (ports: OperatorPorts, account: AccountId) => all((page) => ports.connections.ofAccount(account, page), searchedMax);
