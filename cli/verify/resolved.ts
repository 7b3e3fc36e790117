// Whether a name resolves from where this runs, and to the endpoint's own private addresses only.
import { afterwards, failed, ok, type Finding } from "./finding.ts";
import { isNamed, whyNotThere } from "./private-name.ts";
import { pointing, whyNoName } from "./private-zones.ts";
import { isPrivate, type Reach } from "./reach.ts";
import { ProxyTrouble } from "./socks.ts";
import type { Wanted } from "./wanted.ts";

const about = "name";

export interface Resolved {
  readonly finding: Finding;
  readonly addresses: readonly string[];
}

export async function resolved(reach: Reach, wanted: Wanted): Promise<Resolved> {
  try {
    const addresses = await reach.resolve(wanted.name);
    return { finding: addresses.length === 0 ? await noName(reach, wanted) : await pointed(addresses, wanted), addresses };
  } catch (error) {
    return { finding: notLookedUp(error, reach, wanted), addresses: [] };
  }
}

async function pointed(addresses: readonly string[], wanted: Wanted): Promise<Finding> {
  const { name, own } = wanted;
  const open = addresses.filter((address) => !isPrivate(address));
  if (open.length > 0) return failed(about, `${name} resolves to a public address: ${open.join(", ")}`, await pointing(wanted));
  const strange = own === undefined ? [] : addresses.filter((address) => !own.includes(address));
  if (strange.length > 0)
    return failed(
      about,
      `${name} resolves to ${strange.join(", ")}, which is not the endpoint's (${own?.join(", ") ?? ""})`,
      await pointing(wanted),
    );
  return ok(about, `${name} resolves to ${addresses.join(", ")}, private`);
}

async function noName({ from }: Reach, wanted: Wanted): Promise<Finding> {
  const { name, first, consumer, privateName, again } = wanted;
  const message = `${name} does not resolve from ${from}`;
  if (first !== undefined) return failed(about, `${message}: the endpoint is not available`, afterwards(first));
  if (privateName !== undefined && isNamed(privateName, name)) return whyNotThere(wanted, privateName);
  if (consumer !== undefined && !/\.vpce\.amazonaws\.com(\.cn)?\.?$/.test(name)) return whyNoName(wanted, consumer);
  const place = consumer === undefined ? "the endpoint's VPC" : consumer.vpc;
  return failed(about, `${message}: it is made for ${place}`, `run this inside ${place} (docs/walkthrough.md): ${again}`);
}

/** Nobody said that there is no such name: the way to who could tell is what failed. */
function notLookedUp(error: unknown, { from }: Reach, { name, consumer, again }: Wanted): Finding {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof ProxyTrouble)
    return failed(about, `${name}: ${said}`, `is the tunnel up? (docs/walkthrough.md has its commands) Then: ${again}`);
  const message = `${name} cannot be looked up from ${from}: ${said}`;
  if (consumer === undefined || from === "this machine")
    return failed(about, message, `see that names can be looked up from here at all; then: ${again}`);
  const asked = `aws ec2 describe-vpc-attribute --vpc-id ${consumer.vpc} --attribute enableDnsSupport`;
  return failed(about, message, `the proxy must stand inside ${consumer.vpc}, and DNS be on there: ${asked}`);
}
