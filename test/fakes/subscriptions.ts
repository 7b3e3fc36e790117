// The approvals topic's subscriptions in memory: asked for, confirmed by a token, and ended.

import { BadInput } from "../../lib/faults.ts";
import type { Subscription, Subscriptions } from "../../lib/ports.ts";

interface Held {
  readonly arn: string;
  readonly email: string;
  readonly approver?: string;
  confirmed: boolean;
  protected: boolean;
}

export interface FakeSubscriptions {
  readonly port: Subscriptions;
  readonly held: ReadonlyMap<string, Held>;
  /** The token that AWS mails to this address. */
  tokenOf(email: string): string;
  /** Somebody, or a scanner, follows the link in AWS's mail. */
  open(email: string): void;
  /** A subscription that somebody made by hand, or ended. */
  add(held: Held): void;
  end(arn: string): void;
}

export function fakeSubscriptions(): FakeSubscriptions {
  const held = new Map<string, Held>();
  const of = (email: string): Held => {
    const one = [...held.values()].find((each) => each.email === email);
    if (one === undefined) throw new Error(`${email} is not subscribed`);
    return one;
  };
  const tokenFor = ({ arn }: Held): string => `token-of-${arn.split(":").at(-1) ?? ""}`;
  const shown = ({ arn, email, confirmed }: Held): Subscription => ({ protocol: "email", endpoint: email, ...(confirmed ? { arn } : {}) });
  return {
    held,
    tokenOf: (email) => tokenFor(of(email)),
    open: (email) => {
      of(email).confirmed = true;
    },
    add: (one) => held.set(one.arn, one),
    end: (arn) => held.delete(arn),
    port: {
      subscribe: async (approver, email) => {
        const there = [...held.values()].find((each) => each.email === email);
        if (there !== undefined) return there.arn;
        const arn = `arn:aws:sns:eu-west-1:111111111111:approvals:${String(held.size + 1)}`;
        held.set(arn, { arn, email, approver, confirmed: false, protected: false });
        return arn;
      },
      confirm: async (token) => {
        const one = [...held.values()].find((each) => tokenFor(each) === token);
        if (one === undefined) throw new BadInput("token", token, "give the link from AWS's newest mail");
        one.confirmed = true;
        one.protected = true;
        return one.arn;
      },
      remove: async (arn) => {
        held.delete(arn);
      },
      all: async () => [...held.values()].map(shown),
      inspect: async (arn) => {
        const one = held.get(arn);
        return one === undefined
          ? undefined
          : { protected: one.protected, ...(one.approver === undefined ? {} : { approver: one.approver }) };
      },
    },
  };
}
