// placeholder
import type { Stage } from "./config.ts";
export async function deployerPolicy(_stage: Stage): Promise<object> {
  return {};
}
