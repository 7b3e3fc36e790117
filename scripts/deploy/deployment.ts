// One deployment that something is done to: its stage, whose keys, what is packaged, and whom to tell.
import type { Clients } from "./clients.ts";
import { stackName, type Stage } from "./config.ts";
import type { Packaged } from "./packaged.ts";
import type { Tell } from "./stack-events.ts";
import { stackNow, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface Deployment {
  readonly clients: Clients;
  readonly stage: Stage;
  readonly caller: string;
  /** What there is to deploy. */
  readonly packaged: () => Promise<Packaged>;
  readonly tell: Tell;
}

export interface DeployOptions {
  readonly dryRun: boolean;
  /** Tables and secrets that may be parted from the stack. */
  readonly lose: readonly string[];
}

export async function installed({ clients, stage }: Pick<Deployment, "clients" | "stage">): Promise<StackNow> {
  const stack = await stackNow(clients.cloudFormation, stackName(stage));
  if (stack === undefined) throw noStack(stage);
  return stack;
}

export const noStack = (stage: Stage): Stop =>
  new Stop(`There is no stack ${stackName(stage)} in ${stage.account}, ${stage.region}`, "npm run deploy makes it");
