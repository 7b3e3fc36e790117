// What operators ask of Slack: whether it reaches an approver, and a message to one of them that asks nothing.

import { Fault } from "../faults.ts";
import type { Clock, Slips } from "../ports.ts";
import { lineMessage } from "./message.ts";
import { noting, reachInSlack, type SlackReach } from "./reach.ts";
import { slackApi, type ApiPorts } from "./web-api.ts";
import { withSecret } from "./with-secret.ts";

export type Tried = { readonly state: "taken" | "no-app" } | { readonly state: "refused"; readonly why: string };

export interface SlackTrial {
  /** Whether messages reach a user, as far as is known. */
  reach(): Promise<(user: string) => SlackReach>;
  /** Whether questions are put there at all. Throws when the secret cannot be used. */
  asks(): Promise<boolean>;
  /** One line to one person alone; says what Slack said, and never throws for it. */
  tell(user: string, line: string): Promise<Tried>;
}

export interface TrialPorts extends ApiPorts {
  readonly clock: Clock;
  readonly slips: Pick<Slips, "put" | "remove" | "ofKind">;
  readonly secret: (fresh: boolean) => Promise<string>;
}

export const slackTrial = ({ clock, slips, secret, ...ports }: TrialPorts): SlackTrial => ({
  reach: () => reachInSlack(slips),
  asks: () => withSecret(secret, ({ bot, webhook }) => Promise.resolve(bot !== undefined || webhook !== undefined)),
  tell: async (user, line) => {
    try {
      return await withSecret(secret, async ({ bot }): Promise<Tried> => {
        if (bot === undefined) return { state: "no-app" };
        await noting({ clock, slips, bot }, user, () => slackApi(bot, ports).post(user, lineMessage(line)));
        return { state: "taken" };
      });
    } catch (error) {
      if (error instanceof Fault) return { state: "refused", why: error.message };
      throw error;
    }
  },
});
