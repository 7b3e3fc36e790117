// What every life begins with: when it starts, under which roles our functions run, and who the people are.

import type { Approver } from "../../lib/approver.ts";
import { accountId, instant, zoneId } from "../../lib/ids.ts";

export const start = Date.parse("2026-11-23T10:00:00.000Z");

export const ownRoles = ["observe", "admit", "dns", "sweep"].map((name) => `arn:aws:iam::111111111111:role/drawbridge-${name}`);

export const accounts = ["222222222222", "333333333333", "444444444444"].map((id) => accountId(id));
export const zone = { id: zoneId("Z0123456789ABCDEFGHIJ"), name: "privatelink.example.com" };
/** Where operators may want names instead. */
export const otherZone = { id: zoneId("Z1111111111ABCDEFGHIJ"), name: "other.example.com" };
export const operatorArn = "arn:aws:iam::111111111111:user/olga";

/** Who may be asked, by name. Cleo has no IAM identity; Dora is asked when nobody else answers. */
export const approverNames = ["ann", "bob", "cleo", "dora"] as const;
export const arnOf = (name: string): string | undefined =>
  name === "cleo" || !(approverNames as readonly string[]).includes(name) ? undefined : `arn:aws:iam::111111111111:user/${name}`;

export const approverList = (reachable: boolean): Approver[] =>
  approverNames.map((name) => {
    const arn = arnOf(name);
    const addedAt = instant(start);
    return { name, addedAt, version: 1, ...(arn === undefined ? {} : { arn }), ...(reachable ? { reachableSince: addedAt } : {}) };
  });
