// What this deployment is: for the command's greeting, and for whoever has to look after it.

import { optional } from "../optional.ts";
import type { ZoneId } from "../ids.ts";
import type { Service } from "../service.ts";
import { examine, type Finding } from "./doctor.ts";
import type { Operator, OperatorPorts } from "./operator.ts";
import { zonesOf } from "./service-survey.ts";

export interface DeploymentShown {
  readonly stage: string;
  readonly version: string;
  readonly zones: readonly { readonly id: ZoneId; readonly name?: string }[];
  readonly services: readonly Service[];
  readonly region: string;
  readonly bus: string;
  /** URLs by the names of the template. */
  readonly queues: Readonly<Record<string, string>>;
  /** Where the log's checkpoints are kept, and the key that signs them. */
  readonly checkpoints?: { readonly bucket: string; readonly key: string };
  /** Whether entries may name units and organizations. */
  readonly organizations: boolean;
  /** How it is, when that is asked for. */
  readonly findings?: readonly Finding[];
  /** As whom the caller is known. */
  readonly you: string;
}

/** With `health`, it looks at every service too. */
export async function deployment(ports: OperatorPorts, actor: Operator, input: unknown): Promise<DeploymentShown> {
  const { health } = input as { health?: unknown };
  const [zones, services] = await Promise.all([zonesOf(ports), ports.services.all()]);
  const { stage, version, topic, bus, queues } = ports.deployment;
  const [, , , region = ""] = topic.split(":");
  return {
    stage,
    version,
    region,
    zones,
    services,
    bus,
    queues,
    ...optional("checkpoints", ports.deployment.checkpoints),
    organizations: ports.deployment.organizations === true,
    ...(health === "true" ? { findings: await examine(ports) } : {}),
    you: actor.arn,
  };
}
