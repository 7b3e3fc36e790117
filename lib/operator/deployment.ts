// What this deployment is: for the command's greeting, and for whoever has to look after it.

import type { ZoneId } from "../ids.ts";
import type { Service } from "../service.ts";
import type { Operator, OperatorPorts } from "./operator.ts";
import { zonesOf } from "./service-survey.ts";

export interface DeploymentShown {
  readonly stage: string;
  readonly version: string;
  readonly zones: readonly { readonly id: ZoneId; readonly name?: string }[];
  readonly services: readonly Service[];
  /** As whom the caller is known. */
  readonly you: string;
}

export async function deployment(ports: OperatorPorts, actor: Operator): Promise<DeploymentShown> {
  const [zones, services] = await Promise.all([zonesOf(ports), ports.services.all()]);
  const { stage, version } = ports.deployment;
  return { stage, version, zones, services, you: actor.arn };
}
