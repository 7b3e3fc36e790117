// What goes wrong in a life: which kinds, how often, and the count of what was really injected.

import { Random } from "./random.ts";

/** Each kind with what it does. Rates are drawn from the seed; a kind that is not drawn does not happen in that life. */
export const faultKinds = {
  "crash-before": "the function dies before a call is sent",
  "crash-after": "the function dies after a call was carried out, before it hears of it",
  timeout: "a call is lost on its way; the function is told of a time-out",
  throttle: "a call is refused as throttled",
  "error-after": "a call is carried out, but the function is told of an error",
  slow: "a call takes up to three minutes; Lambda's time limit may end the function, and the call may still arrive",
  late: "the function dies with a call on its way, and the call arrives minutes later",
  duplicate: "a message is delivered twice",
  loss: "a notification of AWS or a CloudTrail event is lost",
  blackout: "no notification of AWS and no CloudTrail event arrives at all",
  "lost-sweep": "the schedule does not fire",
  delay: "a message is delayed by up to half an hour",
  "delay-days": "a message is delayed by up to three days; beyond a day, or 185 tries, EventBridge gives it to the dead-letter queue",
  reorder: "a queue hands out its messages in another order",
  stale: "a listing of AWS shows a connection as it was up to ninety seconds ago",
  hidden: "listings of AWS miss a connection for up to six minutes",
  lag: "an index of DynamoDB lags by up to two minutes",
  skew: "the clocks of instances differ by up to fifteen minutes either way",
  poison: "a message that nobody can read",
  redrive: "every message that a queue ever had is sent again",
  unsuccessful: "Accept or Reject answers 200 and lists an endpoint as unsuccessful",
  drained: "other programs of the account use up the token buckets of Accept and Reject for up to ten minutes",
  "bus-down": "the bus takes nothing for up to ten minutes",
  "zone-busy": "Route 53 refuses a change because another is on its way",
  "org-down": "AWS Organizations answers nothing for up to ten minutes",
} as const;
export type FaultKind = keyof typeof faultKinds;
export const allFaultKinds = Object.keys(faultKinds) as readonly FaultKind[];

/** The highest rate each kind is drawn with. */
const highest: Readonly<Record<FaultKind, number>> = {
  "crash-before": 0.04,
  "crash-after": 0.04,
  timeout: 0.04,
  throttle: 0.06,
  "error-after": 0.05,
  slow: 0.03,
  late: 0.03,
  duplicate: 0.4,
  loss: 0.7,
  blackout: 1,
  "lost-sweep": 0.9,
  delay: 0.4,
  "delay-days": 0.1,
  reorder: 1,
  stale: 0.4,
  hidden: 0.15,
  lag: 0.5,
  skew: 1,
  poison: 1,
  redrive: 1,
  unsuccessful: 0.3,
  drained: 0.3,
  "bus-down": 0.15,
  "zone-busy": 0.9,
  "org-down": 0.3,
};

export type Rates = Partial<Record<FaultKind, number>>;

export function drawRates(seed: number): Rates {
  const random = new Random(seed, 1);
  if (random.chance(0.04)) return {};
  if (random.chance(0.12)) return strained(random);
  const share = random.pick([0.15, 0.35, 0.35, 0.6]);
  const rates: Rates = {};
  for (const kind of allFaultKinds) {
    const draw = random.next();
    const wanted = random.chance(kind === "blackout" ? share * 0.25 : share);
    if (wanted) rates[kind] = kind === "blackout" ? 1 : highest[kind] * (0.1 + 0.9 * draw);
  }
  return rates;
}

/** The few faults together that names and adoption are most at risk of. */
function strained(random: Random): Rates {
  const kinds = ["hidden", "skew", "slow", "late", "crash-after", "error-after", "zone-busy", "duplicate"] as const;
  return Object.fromEntries(kinds.filter(() => random.chance(0.8)).map((kind) => [kind, highest[kind] * (0.6 + random.next())]));
}

/** Decides at each opportunity whether a fault happens. `faultsMax` cuts a life down to its first faults. */
export class Faults {
  readonly rates: Rates;
  readonly counts: Partial<Record<FaultKind, number>> = {};
  injected = 0;
  on = true;
  readonly #random: Random;
  readonly #max: number;

  constructor(seed: number, rates: Rates, max = Infinity) {
    this.rates = rates;
    this.#random = new Random(seed, 2);
    this.#max = max;
  }

  happens(kind: FaultKind): boolean {
    const rate = this.rates[kind];
    if (rate === undefined || !this.on) return false;
    if (!this.#random.chance(rate) || this.injected >= this.#max) return false;
    this.count(kind);
    return true;
  }

  count(kind: FaultKind): void {
    this.injected += 1;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}
