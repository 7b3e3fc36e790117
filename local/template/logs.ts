// AWS::Logs::LogGroup.
import { optionalText } from "../members.ts";
import type { Made, Makers } from "./workshop.ts";

export const LOGS: Makers = {
  async "AWS::Logs::LogGroup"(declared, workshop) {
    const logGroupName = optionalText(declared.properties, "LogGroupName") ?? workshop.physicalName(declared.logicalId, 512);
    await workshop.call("logs", "CreateLogGroup", { logGroupName });
    const drop = workshop.keep(declared);
    const made: Made = {
      ref: logGroupName,
      attributes: { Arn: `arn:aws:logs:${workshop.stack.region}:${workshop.stack.account}:log-group:${logGroupName}:*` },
      change: () => made,
      async remove() {
        drop();
        await workshop.call("logs", "DeleteLogGroup", { logGroupName });
      },
    };
    return made;
  },
};
