// sweep: wakes each minute; runs the loop over every service, and hands what is unfinished to those who may finish it.

import { checkApprovers } from "../lib/asking/reachable.ts";
import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import {
  allowList,
  approvers,
  connections,
  endpointServices,
  ledger,
  organizations,
  permits,
  services,
  slips,
  subscriptions,
  wakeAdmit,
  wakeDns,
} from "../lib/lambda/ports-for.ts";
import { scheduleHandler } from "../lib/lambda/schedule-handler.ts";
import { isPaused, settings } from "../lib/lambda/settings.ts";
import { sweepCounts } from "../lib/lambda/sweep-counts.ts";
import { sweep } from "../lib/loop/sweep.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "AUDIT_LOG_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "PROOFS_TABLE",
  "APPROVALS_TOPIC_ARN",
  "APPROVER_EMAIL",
  "ADMIT_QUEUE_URL",
  "DNS_QUEUE_URL",
  "ORGANIZATIONS_ROLE_ARN",
);
/** Enough to use the time that AWS's answers take, and few enough for its rates. */
const servicesAtOnce = 4;

const own = {
  clock,
  services: services(set),
  ledger: ledger(set),
  allowList: allowList(set),
  endpointServices: endpointServices(),
};
const ports = {
  ...own,
  newId,
  organizations: organizations(set),
  connections: connections(set),
  approvers: approvers(set),
  subscriptions: subscriptions(set),
  slips: slips(set),
  ...(isPaused() ? {} : { permissions: { ...own, permits: permits(set) } }),
  wake: {
    ...wakeAdmit(set),
    ...wakeDns(set),
  },
};

export const handler = scheduleHandler({
  name: "sweep",
  work: async ({ log, counts }, leftMs) => {
    const all = await sweep(ports, { servicesAtOnce, leftMs });
    const left = all.filter((one) => one.left === true).map(({ service }) => service);
    if (left.length > 0)
      log.warn("The time did not do for every service; those left come first in the minutes that follow", { services: left });
    for (const { service, connections: swept, events, unfinished, error } of all.filter((one) => one.left !== true)) {
      counts.add(error === undefined ? "ServicesSwept" : "SweepsFailed");
      counts.add("ConnectionsSwept", swept);
      counts.add("ConnectionsUnfinished", unfinished);
      if (error !== undefined) log.error("A service could not be swept", error, { services: [service] });
      else if (events > 0 || unfinished > 0)
        log.info("Swept, and found something to do", { services: [service], connections: swept, events, unfinished });
    }
    for (const [count, value] of sweepCounts(all, clock())) counts.add(count, value);
    try {
      counts.add("ApproversUnreachable", (await checkApprovers(ports, set.APPROVER_EMAIL || undefined)).unreachable);
    } catch (error) {
      // The next minute's sweep looks again; the services have had their turn.
      log.error("Whether messages reach the approvers could not be seen", error);
    }
  },
});
