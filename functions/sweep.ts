// sweep: wakes each minute; runs the loop over every service, and hands what is unfinished to those who may finish it.

import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import { allowList, connections, endpointServices, ledger, organizations, services, wakeAdmit, wakeDns } from "../lib/lambda/ports-for.ts";
import { scheduleHandler } from "../lib/lambda/schedule-handler.ts";
import { settings } from "../lib/lambda/settings.ts";
import { sweepCounts } from "../lib/lambda/sweep-counts.ts";
import { sweep } from "../lib/loop/sweep.ts";

const set = settings("ALLOW_LIST_TABLE", "AUDIT_LOG_TABLE", "CONNECTIONS_TABLE", "SETTINGS_TABLE", "ADMIT_QUEUE_URL", "DNS_QUEUE_URL", "ORGANIZATIONS_ROLE_ARN");
const ports = {
  clock,
  newId,
  endpointServices: endpointServices(),
  allowList: allowList(set),
  ...organizations(set),
  connections: connections(set),
  ledger: ledger(set),
  services: services(set),
  wake: {
    ...wakeAdmit(set),
    ...wakeDns(set),
  },
};

export const handler = scheduleHandler({
  name: "sweep",
  work: async ({ log, counts }) => {
    const all = await sweep(ports);
    for (const { service, connections: swept, events, unfinished, error } of all) {
      counts.add(error === undefined ? "ServicesSwept" : "SweepsFailed");
      counts.add("ConnectionsSwept", swept);
      counts.add("ConnectionsUnfinished", unfinished);
      if (error !== undefined) log.error("A service could not be swept", error, { services: [service] });
      else if (events > 0 || unfinished > 0)
        log.info("Swept, and found something to do", { services: [service], connections: swept, events, unfinished });
    }
    for (const [count, value] of sweepCounts(all, clock())) counts.add(count, value);
  },
});
