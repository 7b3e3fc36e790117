// States of a stack in which nothing can be done to it, each with the way out.
import { isUnderWay, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export function refuseUnready(stack: StackNow | undefined): void {
  if (stack === undefined) return;
  const { name, status } = stack;
  if (status === "ROLLBACK_COMPLETE" || status === "DELETE_FAILED")
    throw new Stop(
      `${name} is ${status}: it cannot be changed any more`,
      "remove what is left with npm run deploy -- uninstall, and deploy again",
    );
  if (status === "UPDATE_ROLLBACK_FAILED")
    throw new Stop(
      `${name} is ${status}: CloudFormation could not bring back what was there`,
      `mend what its events name; then aws cloudformation continue-update-rollback --stack-name ${name}`,
    );
  if (isUnderWay(stack))
    throw new Stop(`${name} is ${status}: an earlier run, or somebody else, is changing it`, "wait until that has ended, and repeat it");
}
