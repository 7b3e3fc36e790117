// A principal as people write it, and back.

import type { Principal } from "../allow-list.ts";
import { BadInput } from "../faults.ts";
import { isAccountId, isEndpointId } from "../ids.ts";

/** A principal as people write it: `222222222222`, `vpce-…`, `any`, `ou-…`, `o-…`; or with its kind before a `#`. */
export function principalOf(given: unknown): Principal {
  const text = typeof given === "string" ? given : "";
  const [, kind, id = text] = /^(endpoint|account|ou|org)#(.*)$/.exec(text) ?? [];
  const is = (wanted: string, form: boolean): boolean => form && (kind === undefined || kind === wanted);
  if (text === "any") return "any";
  if (is("account", isAccountId(id))) return `account#${id}`;
  if (is("endpoint", isEndpointId(id))) return `endpoint#${id}`;
  if (is("ou", /^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/.test(id))) return `ou#${id}`;
  if (is("org", /^o-[0-9a-z]{10,32}$/.test(id))) return `org#${id}`;
  throw new BadInput(
    "principal",
    given,
    "give an account's twelve digits, an endpoint's id vpce-…, a unit ou-…, an organization o-…, or any",
  );
}

/** An entry's key in words: `222222222222 at every service`. */
export const keyWords = ({ service, principal }: { readonly service: string; readonly principal: string }): string =>
  `${principalWords(principal)} at ${service === "*" ? "every service" : service}`;

/** A principal in the words of the command line: without its kind, which its form tells. */
export const principalWords = (principal: string): string => principal.replace(/^[a-z]+#/, "");
