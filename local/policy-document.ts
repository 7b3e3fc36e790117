// Resource policies as documents: the same text gives the same object, so that what IAM has judged need not be judged again.
import { document } from "./members.ts";

const KNOWN_MAX = 500;
const known = new Map<string, unknown>();

export function policyDocument(policy: string | undefined): unknown {
  if (policy === undefined || policy === "") return undefined;
  if (!known.has(policy)) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(policy, document(policy));
  }
  return known.get(policy);
}
