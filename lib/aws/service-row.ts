// A service in care as its row in the Settings table.

import * as v from "valibot";
import type { Service } from "../service.ts";
import type { Item } from "./item.ts";
import { asking, disconnect, instantText, readRow, rowVersion, serviceIdText, text, whole, type RowShape } from "./rows.ts";

/** Services lie beside the claimed names in one table. */
export const serviceKind = "service";

export const serviceRow = (service: Service): Item => ({
  ...service,
  kind: serviceKind,
  id: service.service,
  v: rowVersion,
});

export const readService = (table: string, item: Item): Service => readRow(table, shape, item);

const shape: RowShape<Service> = {
  what: "a service",
  key: ["kind", "id"],
  schema: v.looseObject({
    service: serviceIdText,
    mode: v.picklist(["observe", "enforce"]),
    zone: v.optional(v.object({ id: text, name: text, isPrivate: v.optional(v.literal(true)) })),
    outsideAccept: v.picklist(["keep", "enforce"]),
    addedAt: instantText,
    addedBy: v.string(),
    serviceName: v.optional(text),
    notification: v.optional(text),
    acceptanceOffSince: v.optional(instantText),
    onRemoval: v.optional(disconnect),
    onReject: v.optional(disconnect),
    onExpiry: v.optional(disconnect),
    expiryNoticeHours: v.optional(whole),
    permissions: v.optional(v.picklist(["off", "follow"])),
    asking: v.optional(asking),
    privateDnsName: v.optional(text),
    privateDns: v.optional(
      v.looseObject({
        name: text,
        state: text,
        proof: v.optional(v.object({ label: text, value: text })),
        zone: v.optional(text),
        publishedAt: v.optional(instantText),
        askedAt: v.optional(instantText),
      }),
    ),
    version: whole,
  }),
  value: (item) =>
    Object.fromEntries(Object.entries(item).filter(([member]) => member !== "kind" && member !== "id")) as unknown as Service,
};
