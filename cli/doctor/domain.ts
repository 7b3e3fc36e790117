// The API's own name, if it was given one: links in mails lead there, so it must lead to the API.

import { resolve4, resolveCname } from "node:dns/promises";

import type { Finding } from "../../lib/operator/doctor.ts";
import type { Shown } from "./stack.ts";

/** What the resolver of this machine says; nothing when there is no such record. */
export interface Resolver {
  readonly alias: (name: string) => Promise<readonly string[]>;
  readonly addresses: (name: string) => Promise<readonly string[]>;
}

const none = (): readonly string[] => [];
const ofThisMachine: Resolver = {
  alias: (name) => resolveCname(name).catch(none),
  addresses: (name) => resolve4(name).catch(none),
};

export async function domain({ parameters, outputs }: Shown, resolver: Resolver = ofThisMachine): Promise<Finding[]> {
  const [name = "", to = ""] = [parameters["DomainName"], outputs["DomainTarget"]];
  if (name === "") return [];
  const [alias, its, wanted] = await Promise.all([resolver.alias(name), resolver.addresses(name), resolver.addresses(to)]);
  if (alias.includes(to) || its.some((address) => wanted.includes(address)))
    return [{ about: name, state: "ok", message: "it leads to the API" }];
  if (alias.length === 0 && its.length === 0)
    return [
      {
        about: name,
        state: "failed",
        message: "there is no such name in DNS: the links in mails lead nowhere",
        mend: `make a record ${name} CNAME ${to}, or in Route 53 an alias to it`,
      },
    ];
  // An alias is known by addresses alone, and API Gateway's change.
  return [
    {
      about: name,
      state: "not readable",
      message: `it leads to ${[...alias, ...its].join(", ")}, and whether that hands on to ${to} cannot be seen from here`,
    },
  ];
}
