// What the allow-list says to many consumers now: one read of exactly the keys that can match.

import { candidateKeys, judge, type Consumer, type Entry, type Judgement } from "../allow-list.ts";
import type { EndpointId } from "../ids.ts";
import type { AllowList, Clock } from "../ports.ts";

export async function verdicts(
  ports: { readonly clock: Clock; readonly allowList: Pick<AllowList, "read"> },
  consumers: readonly (Consumer & { readonly endpoint: EndpointId })[],
): Promise<Map<EndpointId, Judgement>> {
  const keys = new Map(consumers.flatMap(candidateKeys).map((key) => [`${key.service}/${key.principal}`, key]));
  const entries = keys.size === 0 ? [] : await ports.allowList.read([...keys.values()]);
  const at = new Map(entries.map((entry) => [`${entry.service}/${entry.principal}`, entry]));
  const matching = (consumer: Consumer): Entry[] =>
    candidateKeys(consumer).flatMap((key) => at.get(`${key.service}/${key.principal}`) ?? []);
  const now = ports.clock();
  return new Map(consumers.map((consumer) => [consumer.endpoint, judge(matching(consumer), consumer, now)]));
}
