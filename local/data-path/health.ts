// Whether a program behind a load balancer is healthy: it takes a connection, or answers a request with one of the wanted codes.
import { get } from "node:http";
import { connect, type Socket } from "node:net";

import type { HealthCheck, TargetProblem } from "../services/elb-state.ts";

const PATIENCE_MS = 6_000;

export async function checked(loopbackPort: number, check: HealthCheck): Promise<TargetProblem> {
  if (check.protocol === "HTTP") return answered(loopbackPort, check);
  const socket = await opened(loopbackPort);
  if (socket === undefined) return failed;
  socket.destroy();
  return undefined;
}

const failed: TargetProblem = { state: "unhealthy", reason: "Target.FailedHealthChecks", description: "Health checks failed" };

function answered(port: number, { path, codes }: HealthCheck): Promise<TargetProblem> {
  return new Promise((resolve) => {
    const asked = { host: "127.0.0.1", port, path, agent: false, timeout: PATIENCE_MS, headers: { "user-agent": "ELB-HealthChecker/2.0" } };
    const request = get(asked, (response) => {
      response.resume();
      const code = response.statusCode ?? 0;
      resolve(
        isAmong(code, codes)
          ? undefined
          : {
              state: "unhealthy",
              reason: "Target.ResponseCodeMismatch",
              description: `Health checks failed with these codes: [${String(code)}]`,
            },
      );
    });
    request.once("timeout", () => {
      resolve({ state: "unhealthy", reason: "Target.Timeout", description: "Request timed out" });
      request.destroy();
    });
    request.once("error", () => resolve(failed));
  });
}

/** `200-399`, `200,202`. */
function isAmong(code: number, codes: string): boolean {
  return codes.split(",").some((part) => {
    const [from = NaN, to = from] = part.split("-").map(Number);
    return code >= from && code <= to;
  });
}

/** Nothing when nobody takes it. */
export function opened(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
