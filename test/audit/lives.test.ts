// Whom CloudTrail named for what was done outside, each act by its own event, also where CloudTrail was faster than AWS's listing.
import { expect, test } from "vitest";
import { livesUntil } from "../../lib/audit/lives.ts";
import { accessOf, type Access } from "../../lib/audit/reports.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { Signal } from "../../lib/decide.ts";
import type { Instant } from "../../lib/ids.ts";
import { chain, connectionSubject, noHead } from "../../lib/ledger.ts";
import { acme, asking, endpoint, look, minute, service, shows, type Life } from "../domain/given.ts";

const told = ({ events }: Life, at?: Instant): Access => {
  const lives = livesUntil(at, true);
  for (const stored of chain(connectionSubject(endpoint), noHead, events, { service, account: acme }, sha256)) lives.add(stored);
  const [life] = lives.told();
  if (life === undefined) throw new Error("there is one connection");
  return accessOf(life);
};
const named = (action: "accept" | "reject", who: string, event: string): Signal => ({
  kind: "attributed",
  action,
  arn: `arn:aws:iam::111111111111:user/${who}`,
  event,
});
const by = (who: string) => ({ kind: "outside", arn: `arn:aws:iam::111111111111:user/${who}` });

const accepted = asking.when(look, { seen: shows("available"), now: minute(1) });
const rejected = accepted
  .when(named("accept", "eve", "e1"), { now: minute(5) })
  .when(look, { seen: shows("rejected"), now: minute(10) })
  .when(named("reject", "mallory", "e2"), { now: minute(12) });

test("who accepted and who rejected are told apart, and a second accept is the second one's", () => {
  const again = rejected.when(look, { seen: shows("available"), now: minute(20) });
  expect(told(rejected)).toMatchObject({ by: by("eve"), cloudTrail: "e1", ended: { by: by("mallory"), cloudTrail: "e2" } });
  expect(told(again)).toMatchObject({ by: { kind: "outside" }, earlier: [{ by: by("eve"), ended: { by: by("mallory") } }] });
  expect(told(again)).not.toHaveProperty("cloudTrail");
  const second = again.when(named("accept", "oscar", "e3"), { now: minute(22) });
  expect(told(second)).toMatchObject({ by: by("oscar"), earlier: [{ by: by("eve") }] });
});

test("CloudTrail may be faster than the listing", () => {
  const early = asking.when(named("accept", "eve", "e1"), { now: minute(1) }).when(look, { seen: shows("available"), now: minute(2) });
  expect(told(early)).toMatchObject({ by: by("eve"), cloudTrail: "e1" });
  const again = early.when(look, { seen: shows("rejected"), now: minute(10) }).when(look, { seen: shows("available"), now: minute(20) });
  expect(told(again)).not.toHaveProperty("cloudTrail");
});

test("of a moment, whom CloudTrail has named since is told as well", () => {
  expect(told(rejected, minute(3))).toMatchObject({ stands: true, by: by("eve") });
});
