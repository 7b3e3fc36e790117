// What Route 53's no to a name means: the zone is full, a record that is not ours stands there, or ours are not as the log says.

import type { Name } from "../events.ts";
import type { EndpointId, ZoneId } from "../ids.ts";
import { changeOf, has, ownerName, ownSets, type StandingSet } from "../names.ts";
import type { Failed, TurnPorts } from "./zone-turn.ts";

/**
 * A refused name by itself: records of ours are put right, a record that is not ours is never touched. What is as it
 * should be is changed all the same, by the fence alone: only then is it known that nothing older comes after.
 */
export async function alone(
  ports: { readonly zones: TurnPorts["zones"]; readonly owner: (endpoint: EndpointId) => string },
  zone: ZoneId,
  { endpoint, kind, name }: { readonly endpoint: EndpointId; readonly kind: "make-name" | "remove-name"; readonly name: Name },
  refused: string,
): Promise<Failed | undefined> {
  const owner = ports.owner(endpoint);
  const there = (await Promise.all([name.fqdn, ownerName(name.fqdn)].map((at) => ports.zones.at(zone, at)))).flat();
  const own = ownSets(name, owner);
  const owned = there.some((set) => set.type === "TXT" && set.text === owner) || name.made || name.was !== undefined;
  const { remove, create } = changeOf(kind, name, owner, owned ? there : there.filter((set) => !has(own, set)));
  const stranger = there.find((set) => !has(own, set)) ?? (owned ? undefined : there[0]);
  if (kind === "make-name" && create.length > 0 && stranger !== undefined)
    return { code: clash, message: `${name.fqdn} has a record that is not Drawbridge's, ${words(stranger)}: ${refused}` };
  const result = await ports.zones.change(zone, remove, create);
  if (result === "done") return undefined;
  const code = kind === "make-name" && isFull(result.refused) ? zoneFull : "NameRefused";
  return { code, message: result.refused === refused ? refused : `${refused}; then ${result.refused}` };
}

export const clash = "NameClashed";
function words(set: StandingSet): string {
  if (set.type === "other") return `${set.name} ${set.shown}`;
  return set.type === "TXT" ? `${set.name} with the text "${set.text}"` : `${set.type} to ${set.target.name}`;
}

export const zoneFull = "ZoneFull";
/** AWS does not document its words for it. */
export const isFull = (refused: string): boolean => /\b(limit|quota)\b.*\bexceed|\bexceed.*\b(limit|quota)\b/is.test(refused);
