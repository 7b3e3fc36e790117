// Whether TCP and HTTP get through to what is behind a name, once it resolves.
import { afterwards, failed, ok, type Finding } from "./finding.ts";
import { failureOf, get, type Reach } from "./reach.ts";
import { resolved } from "./resolved.ts";
import type { Wanted } from "./wanted.ts";

export interface Tried {
  readonly findings: readonly Finding[];
  /** What TCP met; a refusal comes from the other end, so that no security group dropped it. */
  readonly tcp: "passed" | "timed out" | "not tried";
  readonly addresses: readonly string[];
}

export async function reached(reach: Reach, wanted: Wanted): Promise<Tried> {
  const { finding, addresses } = await resolved(reach, wanted);
  if (addresses.length === 0 || finding.state === "failed") return { findings: [finding], tcp: "not tried", addresses };
  const about = `TCP ${String(wanted.port)}`;
  try {
    const socket = await reach.connect(wanted.name, wanted.port);
    const findings = [finding, ok(about, `${wanted.name} takes connections`)];
    if (wanted.http) findings.push(await answered(socket, wanted));
    else socket.destroy();
    return { findings, tcp: "passed", addresses };
  } catch (error) {
    const seen = failureOf(error);
    const tcp = seen === "timed out" ? seen : seen === "refused" ? "passed" : "not tried";
    return { findings: [finding, notConnected(about, error, wanted)], tcp, addresses };
  }
}

export function notConnected(about: string, error: unknown, { name, port, first, consumer, endpoint, again }: Wanted): Finding {
  const seen = failureOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (first !== undefined) return failed(about, `${name}: ${seen}: the endpoint is not available`, afterwards(first));
  const there = `the provider sees what is behind it: drawbridge verify ${endpoint}`;
  if (seen === "timed out")
    return failed(
      about,
      `${name}: no answer on port ${String(port)}: a security group drops it, or this is not inside ${consumer?.vpc ?? "its VPC"}`,
      consumer === undefined
        ? `run this inside the endpoint's VPC: ${again}`
        : `"security groups" below is the endpoint's; where that is ok, the outbound rules of where this runs; else ${there}`,
    );
  if (seen === "refused" || seen === "refused or unreachable")
    return failed(about, `${name}: ${seen} on port ${String(port)}: the load balancer has no listener there, or no healthy target`, there);
  return failed(about, `${name}: ${said}`, `see that what stands between lets it through; then: ${again}`);
}

async function answered(socket: Parameters<typeof get>[0], { name, port, path, endpoint, again }: Wanted): Promise<Finding> {
  const address = `http://${name}${port === 80 ? "" : `:${String(port)}`}${path}`;
  const there = `the provider looks at the server and at drawbridge verify ${endpoint}`;
  try {
    const { status, body } = await get(socket, name, path);
    const [line = ""] = body.trim().split("\n");
    const said = `${address} answers ${String(status)}${line === "" ? "" : `: ${line.slice(0, 80)}`}`;
    return status < 500 ? ok("HTTP", said) : failed("HTTP", said, there);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return failed("HTTP", `${address}: ${said}`, `what is not HTTP is tried with: ${again} --tcp; else ${there}`);
  }
}
