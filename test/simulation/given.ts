// What every life begins with: when it starts, and under which roles our functions run.

export const start = Date.parse("2026-11-23T10:00:00.000Z");

export const ownRoles = ["observe", "admit", "dns", "sweep"].map((name) => `arn:aws:iam::111111111111:role/drawbridge-${name}`);
