// The log: sealed, looked up and asked.

import { arrives, needed, service, type Story } from "./story.ts";
import { accounts } from "../world.ts";

const { provider, acme, barred } = accounts;

export const log: readonly Story[] = [
  {
    name: "the log is sealed each minute; a new instance goes on from the last checkpoint, and one that cannot is set aside",
    async tell(world) {
      await world.tick();
      world.local.crash("checkpoint");
      await world.drawbridge("ask", barred, "--service", "*");
      await world.tick();
      world.local.crash("checkpoint");
      const refusal = world.local.faults.refuse({
        service: "dynamodb",
        action: "Query",
        by: "checkpoint",
        code: "ValidationException",
        status: 400,
      });
      await world.tick();
      await arrives(world, "CheckpointFailures");
      refusal.lift();
    },
  },
  {
    name: "an operator looks connections, questions and entries up",
    async tell(world, told) {
      const endpoint = needed(told.unknown);
      await world.drawbridge("connections", "--service", service(told));
      await world.drawbridge("connections", "--account", acme);
      await world.drawbridge("connections", "--status", "asking");
      await world.drawbridge("pending");
      await world.drawbridge("show", endpoint);
      await world.drawbridge("show", acme);
      await world.drawbridge("list", "--service", service(told));
    },
  },
  {
    name: "an auditor asks the log by service, account, person, decision, kind and time",
    async tell(world, told) {
      await world.drawbridge("audit");
      await world.drawbridge("audit", "--service", service(told));
      await world.drawbridge("audit", "--account", acme);
      await world.drawbridge("audit", "--actor", `arn:aws:iam::${provider}:root`);
      await world.drawbridge("audit", "--decision", "accepted");
      await world.drawbridge("audit", "--type", "ConnectionRequested");
    },
  },
];
