// What a consumer would get who connected with an entry in place: other entries may reject, and a freeze has everybody asked about.

import type { Consumer, Entry } from "../allow-list.ts";
import { explain, type Explanation } from "../explain.ts";
import { accountId } from "../ids.ts";
import { rulings } from "../loop/verdicts.ts";
import { optional } from "../optional.ts";
import type { OperatorPorts } from "./operator.ts";
import { supposing } from "./supposed.ts";

/** Of one account at one service, which keeps to the entry's own conditions; without any, it comes from the service's Region. */
export async function wouldGet(ports: OperatorPorts, entry: Entry): Promise<Explanation | undefined> {
  const { service, principal, conditions } = entry;
  const [, account] = /^account#(\d{12})$/.exec(principal) ?? [];
  if (account === undefined || service === "*") return undefined;
  const serviceName = (await ports.services.get(service))?.serviceName;
  const consumer: Consumer = {
    service,
    account: accountId(account),
    ...optional("region", conditions.regions?.[0] ?? serviceName?.split(".").at(-2)),
    ...optional("ipAddressType", conditions.ipAddressTypes?.[0]),
  };
  const allowList = supposing(ports.allowList, { entries: [entry] }, new Map());
  const [ruling] = await rulings({ clock: ports.clock, allowList, organizations: ports.organizations }, [consumer]);
  return ruling === undefined ? undefined : explain(ruling.judgement);
}
