// IP address types: the endpoint's address type is one of them. AWS may not say it: then it is unknown.

import type { Condition } from "../conditions.ts";

export const ipAddressTypes: Condition = ({ ipAddressTypes: wanted }, { ipAddressType }) => {
  if (wanted === undefined) return undefined;
  const saw = `${ipAddressType ?? "not known"}, wanted ${wanted.join(" or ")}`;
  if (ipAddressType === undefined) return { condition: "IP address type", result: "unknown", saw };
  return {
    condition: "IP address type",
    result: wanted.includes(ipAddressType) ? "holds" : "fails",
    saw,
  };
};
