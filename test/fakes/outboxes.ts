// What is sent away, kept for a story to look at: queues, the bus, messages to people; and the keys that sign links.

import { Fault } from "../../lib/faults.ts";
import { detailOf, type Told } from "../../lib/aws/bus-event.ts";
import { checkDelay } from "../../lib/aws/wake.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import type { Bus, Keys, Look, Message, People, Undelivered, Wake } from "../../lib/ports.ts";

export interface FakeWake {
  readonly port: Wake;
  readonly sent: readonly { readonly to: keyof Wake; readonly look: Look; readonly delaySeconds: number }[];
  /** Takes the messages out of one queue, oldest first. */
  take(queue: keyof Wake): { readonly look: Look; readonly delaySeconds: number }[];
}

export function fakeWake(): FakeWake {
  const sent: { to: keyof Wake; look: Look; delaySeconds: number }[] = [];
  const send =
    (to: keyof Wake) =>
    async (look: Look, delaySeconds = 0): Promise<void> => {
      checkDelay(delaySeconds);
      sent.push(structuredClone({ to, look, delaySeconds }));
    };
  return {
    port: { observe: send("observe"), admit: send("admit"), dns: send("dns") },
    sent,
    take: (queue) => {
      const taken = sent.filter(({ to }) => to === queue);
      for (const message of taken) sent.splice(sent.indexOf(message), 1);
      return taken.map(({ look, delaySeconds }) => ({ look, delaySeconds }));
    },
  };
}

export interface FakeBus {
  readonly port: Bus;
  readonly told: readonly Told[];
  /** Events for which the bus gives a reason are not taken. */
  refuse(why: (event: StoredEvent) => string | undefined): void;
}

export function fakeBus(): FakeBus {
  const told: Told[] = [];
  let refusal: (event: StoredEvent) => string | undefined = () => undefined;
  return {
    told,
    refuse: (why) => {
      refusal = why;
    },
    port: {
      put: async (events) =>
        events.flatMap((event, index) => {
          const reason = refusal(event);
          if (reason !== undefined) return [{ index, reason }];
          told.push(structuredClone(detailOf(event)));
          return [];
        }),
    },
  };
}

export interface FakeUndelivered {
  readonly port: Undelivered;
  readonly kept: readonly Parameters<Undelivered["put"]>[0][];
}

export function fakeUndelivered(): FakeUndelivered {
  const kept: Parameters<Undelivered["put"]>[0][] = [];
  return {
    kept,
    port: {
      put: async (key) => {
        kept.push(structuredClone(key));
      },
    },
  };
}

export interface FakePeople {
  readonly port: People;
  readonly approvals: readonly Message[];
  readonly decisions: readonly Message[];
  /** SNS does not take the next message to approvers. */
  failOnce(): void;
}

export function fakePeople(): FakePeople {
  const approvals: Message[] = [];
  const decisions: Message[] = [];
  const to =
    (box: Message[]) =>
    async (message: Message): Promise<void> => {
      box.push(structuredClone(message));
    };
  let fails = false;
  return {
    approvals,
    decisions,
    failOnce: () => void (fails = true),
    port: {
      approvers: async (message) => {
        if (fails) {
          fails = false;
          throw new Fault("InternalError", "sns:Publish", "an error on AWS's side", true);
        }
        await to(approvals)(message);
      },
      decisions: to(decisions),
    },
  };
}

export const fakeKeys = (...keys: readonly string[]): Keys => ({
  link: async () => (keys.length === 0 ? ["a key that is only for stories, and long enough"] : keys),
});
