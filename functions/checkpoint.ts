// checkpoint: wakes each minute; signs what the log has gained, and keeps it where nobody can change it.

import { sha256 } from "../lib/aws/sha256.ts";
import { Fault } from "../lib/faults.ts";
import { clock } from "../lib/lambda/clock-and-ids.ts";
import { checkpoints, ledgerWithSearch, signingKey } from "../lib/lambda/ports-for.ts";
import { scheduleHandler } from "../lib/lambda/schedule-handler.ts";
import { settings } from "../lib/lambda/settings.ts";
import { keepCheckpoints, type Memory } from "../lib/loop/checkpoint.ts";

const set = settings("DEPLOYMENT_ID", "CONNECTIONS_TABLE", "AUDIT_LOG_TABLE", "SETTINGS_TABLE", "CHECKPOINT_BUCKET", "CHECKPOINT_KEY_ARN");
const ports = {
  clock,
  hash: sha256,
  ledger: ledgerWithSearch(set),
  checkpoints: checkpoints(set),
  key: signingKey(set),
  log: set.DEPLOYMENT_ID,
};
const memory: Memory = {};

export const handler = scheduleHandler({
  name: "checkpoint",
  work: async ({ log, counts }) => {
    const { made, broken } = await keepCheckpoints(ports, memory);
    for (const { statement } of made) {
      const { number, events, chains, until } = statement;
      log.info("A checkpoint is kept", { checkpoint: number, events, chains, until });
      counts.add("CheckpointsKept");
      counts.add("EventsSealed", events);
    }
    for (const { subject, seq, why } of broken)
      log.error("A row of the log is not as Drawbridge writes it", new Fault("BrokenEvent", "the audit log", why, false), { subject, seq });
    counts.add("EventsBroken", broken.length);
    counts.add("CheckpointsLooked");
  },
});
