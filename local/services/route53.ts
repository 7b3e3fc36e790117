// Route 53: hosted zones and their records, for all accounts.

import { defaultAssumptions } from "../assumptions.ts";
import type { Assumptions } from "../assumptions.ts";
import { optionalText, record, rows } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock, Demand, Service } from "../service.ts";
import { createTokenBuckets } from "../token-bucket.ts";
import type { BucketSize } from "../token-bucket.ts";
import { changeRecordSets } from "./route53-changes.ts";
import { normalName } from "./route53-names.ts";
import { recordKey, zoneId } from "./route53-state.ts";
import type { Route53Action, Route53State } from "./route53-state.ts";
import { vpcActions } from "./route53-vpcs.ts";
import { zoneActions } from "./route53-zones.ts";

export interface Route53Options {
  readonly clock: Clock;
  /** Route 53 is global: taken so that all services are made alike. */
  readonly region?: string;
  readonly assumptions?: Partial<Assumptions>;
  /** How long a change stays `PENDING`, in milliseconds. AWS takes about a minute; here a second, unless said otherwise. */
  readonly insyncMs?: number;
  /** AWS's token buckets; false for a test that is not about them. */
  readonly throttled?: boolean;
}

const ACTIONS: Readonly<Record<string, Route53Action>> = { ...zoneActions, ...vpcActions, ChangeResourceRecordSets: changeRecordSets };

const WHOLE_ACCOUNT: BucketSize = { holds: 50, refillsPerSecond: 10 };
const OWN_BUCKETS: Readonly<Record<string, BucketSize>> = {
  AssociateVPCWithHostedZone: { holds: 20, refillsPerSecond: 5 },
  DisassociateVPCFromHostedZone: { holds: 10, refillsPerSecond: 5 },
  CreateHostedZone: { holds: 40, refillsPerSecond: 2 },
  DeleteHostedZone: { holds: 40, refillsPerSecond: 5 },
};

/** What the data path resolves names with: every zone of every account. */
export interface Route53Service extends Service {
  readonly zones: Route53State["zones"];
}

export function createRoute53(options: Route53Options): Route53Service {
  const state: Route53State = {
    clock: options.clock,
    assumptions: { ...defaultAssumptions, ...options.assumptions },
    insyncMs: options.insyncMs ?? 1000,
    zones: new Map(),
    changes: new Map(),
  };
  const buckets = createTokenBuckets(options.clock);
  return {
    zones: state.zones,
    signingName: "route53",
    actions: new Set(Object.keys(ACTIONS)),
    demands(call) {
      const isThrottled =
        !buckets.take(call.caller.account, WHOLE_ACCOUNT) ||
        !buckets.take(`${call.caller.account} ${call.action}`, OWN_BUCKETS[call.action] ?? WHOLE_ACCOUNT);
      if (isThrottled && options.throttled !== false) throw new AwsError("Throttling", "Rate exceeded");
      return [demandOf(call)];
    },
    handle(call) {
      const action = ACTIONS[call.action];
      if (action === undefined)
        throw new AwsError("UnknownOperationException", `${call.action} is not an operation of this web service.`, 404);
      return action(state, call);
    },
  };
}

/** What the internet sees at a name: the text values of the public zones of all accounts. */
export const publicTextAt = (zones: Route53State["zones"], name: string): string[] =>
  [...zones.values()]
    .filter(({ isPrivate }) => !isPrivate)
    .flatMap(({ records }) => records.get(recordKey({ Name: normalName(name), Type: "TXT" }))?.ResourceRecords ?? [])
    .flatMap(({ Value }) => [...Value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part = ""]) => part.replaceAll(/\\(.)/g, "$1")));

function demandOf(call: Call): Demand {
  const action = `route53:${call.action}`;
  const { input } = call;
  const zone = zoneId(input["HostedZoneId"] ?? (call.action === "GetChange" ? undefined : (input["Id"] ?? input["ResourceId"])));
  if (call.action === "GetChange") {
    return { action, resource: `arn:aws:route53:::change/${(optionalText(input, "Id") ?? "").replace(/^\/?change\//, "")}` };
  }
  if (zone === "" || call.action.startsWith("ListHostedZones")) return { action, resource: "*" };
  const resource = `arn:aws:route53:::hostedzone/${zone}`;
  return call.action === "ChangeResourceRecordSets" ? { action, resource, context: changeKeys(call) } : { action, resource };
}

/** The condition keys that can hold a role to certain names, types and actions. */
function changeKeys(call: Call): Record<string, string[]> {
  const changes = rows(record(call.input, "ChangeBatch"), "Changes");
  const sets = changes.map((change) => record(change, "ResourceRecordSet"));
  const unique = (values: readonly (string | undefined)[]): string[] => [...new Set(values.filter((value) => value !== undefined))];
  return {
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": unique(
      sets.map((set) => normalName(optionalText(set, "Name") ?? "").replace(/\.$/, "")),
    ),
    "route53:ChangeResourceRecordSetsRecordTypes": unique(sets.map((set) => optionalText(set, "Type"))),
    "route53:ChangeResourceRecordSetsActions": unique(changes.map((change) => optionalText(change, "Action"))),
  };
}
