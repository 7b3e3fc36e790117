// The command doctor: what is deployed, what is missing, what is unhealthy, each with the command that mends it.

import type { DeploymentShown } from "../lib/operator/deployment.ts";
import type { Finding } from "../lib/operator/doctor.ts";
import { operandsOf, type Command } from "./command.ts";
import { Failure, ToldFailure } from "./failure.ts";
import { findingLine } from "./findings.ts";
import { details } from "./render.ts";
import type { Terminal } from "./terminal.ts";

const doctor: Command = {
  name: "doctor",
  operands: "",
  summary: "what is deployed, what is missing, what is unhealthy, and what mends it",
  more: "Services and zones are looked at by the deployment itself; subscriptions, queues, rules, sources, alarms, the trail and the domain with your own AWS credentials. What may not be read is told as such. Exit code 1 when something failed.",
  options: {},
  examples: ["drawbridge doctor", "drawbridge doctor --json"],
  async run(call) {
    operandsOf(call, this, 0);
    const deployment = await call.api.get<DeploymentShown & { findings?: Finding[] }>("/deployment", { health: "true" });
    if (deployment.findings === undefined || deployment.bus === undefined)
      throw new Failure(1, "OldDeployment", "The deployment is older than this command", "deploy this version of Drawbridge first");
    const { look } = await import("./doctor/looks.ts");
    const findings = [...deployment.findings, ...(await look(deployment))];
    const { stage, version, region, zones, services } = deployment;
    const failed = findings.filter(({ state }) => state === "failed");
    call.result({ stage, version, region, zones, services: services.map(({ service }) => service), findings }, () =>
      words(deployment, findings, call.terminal),
    );
    if (failed.length > 0)
      throw new ToldFailure(
        1,
        "Unhealthy",
        `${String(failed.length)} of ${String(findings.length)} looks found something wrong`,
        "each has its remedy above",
      );
  },
};

function words({ stage, version, region, zones, services }: DeploymentShown, findings: readonly Finding[], terminal: Terminal): string {
  const head = details(
    [
      ["Drawbridge", `${version}, stage ${stage}, ${region}`],
      ["Zones", zones.map(({ id, name }) => `${name ?? "?"} (${id})`).join(", ") || "none"],
      ["Services", services.map(({ service }) => service).join(", ") || "none"],
    ],
    terminal,
  );
  return [head, "", ...findings.map((finding) => findingLine(finding, terminal))].join("\n");
}

export const doctorCommands: readonly Command[] = [doctor];
