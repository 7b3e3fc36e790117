// Regions: the consumer's endpoint lies in one of them. AWS may not say where it lies: then it is unknown.

import type { Condition } from "../conditions.ts";

export const regions: Condition = ({ regions: wanted }, { region }) => {
  if (wanted === undefined) return undefined;
  const saw = `${region ?? "not known"}, wanted ${wanted.join(" or ")}`;
  if (region === undefined) return { condition: "region", result: "unknown", saw };
  return { condition: "region", result: wanted.includes(region) ? "holds" : "fails", saw };
};
