// Whose turn it is in a hosted zone: one function at a time by a lease, and one change after the other by a fence in the zone itself.

import { explainError, Fault, Refused } from "../faults.ts";
import type { ZoneId } from "../ids.ts";
import { has, type RecordSet } from "../names.ts";
import type { NewId, Proofs, Zones } from "../ports.ts";

export interface TurnPorts {
  readonly newId: NewId;
  readonly zones: Pick<Zones, "change" | "at" | "all">;
  readonly proofs: Pick<Proofs, "claim" | "release">;
  /** Told of each zone that AWS does not let us work in now: its turn comes again soon. */
  readonly zoneLeft?: (zone: ZoneId, fault: Fault) => void;
}

/** What AWS said when it said no. */
export interface Failed {
  readonly code: string;
  readonly message: string;
}

const leaseSeconds = 120;

/** A zone that AWS does not let us work in now, or at all, keeps nobody else from theirs. */
export async function leased(
  { proofs, zoneLeft }: Pick<TurnPorts, "proofs" | "zoneLeft">,
  zone: ZoneId,
  work: () => Promise<void>,
  later: () => Promise<void>,
  never: (failure: Failed) => Promise<void>,
): Promise<void> {
  if (!(await proofs.claim("lease", `zone#${zone}`, leaseSeconds))) return later();
  try {
    await work();
  } catch (error) {
    if (!isOfZone(error)) throw error;
    if (!(error instanceof Fault) || !error.retryable) return await never(explainError(error));
    if (error.code !== zoneChanged) zoneLeft?.(zone, error);
    await later();
  } finally {
    await proofs.release("lease", `zone#${zone}`);
  }
}

const isOfZone = (error: unknown): boolean =>
  (error instanceof Refused && error.code === "ZoneNotAllowed") ||
  (error instanceof Fault && (error.where.startsWith("route53:") || error.code === zoneChanged));

/**
 * A zone whose changes each replace one text record of it, all or nothing with the rest: a change that was planned
 * before another one went through is refused by Route 53 itself, however late it arrives.
 */
export async function fence({ zones, newId }: TurnPorts, zone: ZoneId, fqdn = ""): Promise<TurnPorts["zones"]> {
  const name = `_drawbridge-change.${fqdn.slice(fqdn.indexOf(".") + 1)}`;
  const read = async (): Promise<RecordSet[]> =>
    (await zones.at(zone, name)).flatMap((set) => (set.type === "TXT" && set.text.startsWith("change ") ? [set] : []));
  let fence = await read();
  return {
    ...zones,
    change: async (_, remove, create) => {
      const next: RecordSet = { name, type: "TXT", text: `change ${newId()}` };
      const result = await zones.change(zone, [...remove, ...fence], [...create, next]);
      if (result === "done") {
        fence = [next];
        return result;
      }
      const now = await read();
      if (now.length === fence.length && now.every((set) => has(fence, set))) return result;
      throw new Fault(zoneChanged, `the hosted zone ${zone}`, "another change came first; the names are planned again", true);
    },
  };
}

const zoneChanged = "ZoneChanged";
