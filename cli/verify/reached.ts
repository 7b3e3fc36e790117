// Whether each name resolves, to private addresses only, and whether TCP and HTTP get through to what is behind it.
import { failed, notReadable, ok, type Finding } from "./finding.ts";
import { whyNoName } from "./private-zones.ts";
import { failureOf, get, isPrivate, type Reach } from "./reach.ts";

export interface Wanted {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Whether what answers speaks HTTP. */
  readonly http: boolean;
  readonly isAvailable: boolean;
  /** The endpoint's own addresses, where they could be read. */
  readonly own: readonly string[] | undefined;
  /** In which VPC the name should resolve, where that is known. */
  readonly vpc: string | undefined;
  readonly region: string;
}

export async function reached(reach: Reach, wanted: Wanted): Promise<readonly Finding[]> {
  const { finding, addresses } = await resolved(reach, wanted);
  if (addresses.length === 0 || finding.state === "failed") return [finding];
  const about = `TCP ${String(wanted.port)}`;
  try {
    const socket = await reach.connect(wanted.name, wanted.port);
    const connected = ok(about, `${wanted.name} takes connections`);
    if (wanted.http) return [finding, connected, await answered(socket, wanted)];
    socket.destroy();
    return [finding, connected];
  } catch (error) {
    return [finding, notConnected(about, error, wanted)];
  }
}

async function resolved(reach: Reach, wanted: Wanted): Promise<{ finding: Finding; addresses: readonly string[] }> {
  const about = "name";
  const { name } = wanted;
  let addresses: readonly string[];
  try {
    addresses = await reach.resolve(name);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { finding: notReadable(about, `${name} could not be looked up from ${reach.from}: ${said}`), addresses: [] };
  }
  const shown = addresses.join(", ");
  const open = addresses.filter((address) => !isPrivate(address));
  const strange = wanted.own === undefined ? [] : addresses.filter((address) => wanted.own?.includes(address) === false);
  if (addresses.length === 0) return { finding: await noName(reach, wanted), addresses };
  if (open.length > 0)
    return {
      finding: failed(
        about,
        `${name} resolves to a public address: ${open.join(", ")}`,
        "look at the records of that name: it must point at the endpoint",
      ),
      addresses,
    };
  if (strange.length > 0)
    return {
      finding: failed(
        about,
        `${name} resolves to ${strange.join(", ")}, which is not the endpoint's (${wanted.own?.join(", ") ?? ""})`,
        "point the name at the endpoint's own DNS name",
      ),
      addresses,
    };
  return { finding: ok(about, `${name} resolves to ${shown}, private`), addresses };
}

async function noName({ from }: Reach, { name, isAvailable, vpc, region }: Wanted): Promise<Finding> {
  const message = `${name} does not resolve from ${from}`;
  if (!isAvailable) return failed("name", `${message}: the endpoint is not available`, "mend that first: see acceptance and state");
  if (vpc !== undefined && !/\.vpce\.amazonaws\.com(\.cn)?\.?$/.test(name)) return whyNoName(name, vpc, region);
  const place = vpc === undefined ? "the endpoint's VPC" : vpc;
  return failed("name", `${message}: it is made for ${place}`, `run this inside ${place} (docs/walkthrough.md)`);
}

function notConnected(about: string, error: unknown, { name, port, isAvailable, vpc }: Wanted): Finding {
  const seen = failureOf(error);
  if (!isAvailable) return failed(about, `${name}: ${seen}: the endpoint is not available`, "mend that first: see acceptance and state");
  if (seen === "timed out")
    return failed(
      about,
      `${name}: no answer on port ${String(port)}: a security group drops it, or this is not inside ${vpc ?? "its VPC"}`,
      "look at the groups of the endpoint and of where this runs; at the provider, at the load balancer's",
    );
  if (seen === "refused")
    return failed(
      about,
      `${name}: refused on port ${String(port)}: the load balancer has no listener there, or no healthy target`,
      "the provider looks at its targets: aws elbv2 describe-target-health",
    );
  return failed(about, `${name}: ${error instanceof Error ? error.message : String(error)}`);
}

async function answered(socket: Parameters<typeof get>[0], { name, port, path }: Wanted): Promise<Finding> {
  const address = `http://${name}${port === 80 ? "" : `:${String(port)}`}${path}`;
  try {
    const { status, body } = await get(socket, name, path);
    const [line = ""] = body.trim().split("\n");
    const said = `${address} answers ${String(status)}${line === "" ? "" : `: ${line.slice(0, 80)}`}`;
    return status < 500 ? ok("HTTP", said) : failed("HTTP", said, "the provider looks at the service behind the load balancer");
  } catch (error) {
    return failed("HTTP", `${address}: ${error instanceof Error ? error.message : String(error)}`, "for what is not HTTP, give --tcp");
  }
}
