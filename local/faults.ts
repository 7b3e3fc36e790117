// Faults that a test or the demo asks for: what AWS may do on any day, done on demand.

import { createCallFaults, type CallFault, type CallFaults, type Injected } from "./call-faults.ts";

export interface Faults {
  /** Calls over the wire that fit go wrong from now on, `times` of them or until it is lifted. */
  readonly refuse: (fault: CallFault) => Injected;
  /** The next `count` connection notifications never reach the topic. */
  readonly loseNotifications: (count: number) => void;
  /** The next notification is published `times` times in all. */
  readonly repeatNotifications: (times: number) => void;
  /** The next `count` deliveries of EventBridge fail as if the target were throttled; EventBridge tries them again. */
  readonly failDeliveries: (count: number) => void;
  /** The next `count` CloudTrail events are lost. */
  readonly loseTrailEvents: (count: number) => void;
}

export interface FaultSwitches extends Faults {
  readonly calls: CallFaults;
  /** How often the next notification is published: 0 is a lost one. */
  readonly notificationTimes: () => number;
  readonly deliveryFails: () => boolean;
  readonly trailEventIsLost: () => boolean;
}

export function createFaults(): FaultSwitches {
  let lost = 0;
  let repeats = 1;
  let failing = 0;
  let trailLost = 0;
  const calls = createCallFaults();
  return {
    calls,
    refuse: calls.add,
    loseNotifications: (count) => void (lost += count),
    repeatNotifications: (times) => void (repeats = times),
    failDeliveries: (count) => void (failing += count),
    loseTrailEvents: (count) => void (trailLost += count),
    notificationTimes() {
      if (lost > 0) {
        lost -= 1;
        return 0;
      }
      const times = repeats;
      repeats = 1;
      return times;
    },
    deliveryFails() {
      if (failing === 0) return false;
      failing -= 1;
      return true;
    },
    trailEventIsLost() {
      if (trailLost === 0) return false;
      trailLost -= 1;
      return true;
    },
  };
}
