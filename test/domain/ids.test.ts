// Times that people and files give: the calendar's own, or refused.

import fc from "fast-check";
import { expect, test } from "vitest";
import { instant, parseInstant } from "../../lib/ids.ts";
import { BadInput } from "../../lib/faults.ts";

test.each([
  ["2026-12-31", "2026-12-31T00:00:00.000Z"],
  ["2026-12-31T18:00:00Z", "2026-12-31T18:00:00.000Z"],
  ["2026-12-31T18:00:00", "2026-12-31T18:00:00.000Z"],
  ["2026-12-31T18:00:00.5+02:00", "2026-12-31T16:00:00.500Z"],
  ["2028-02-29", "2028-02-29T00:00:00.000Z"],
])("%s is %s", (given, is) => {
  expect(parseInstant("from", given)).toBe(is);
});

test.each([
  "2026-06-31",
  "2026-02-30",
  "2027-02-29",
  "2026-13-01",
  "2026-00-10",
  "2026-06-31T10:00:00Z",
  "2026-06-30T25:00:00Z",
  "june",
  "",
  7,
  "9999-12-31T23:59:59-05:00",
  "0000-01-01T00:00:00+05:00",
])("%s is no time", (given) => {
  expect(() => parseInstant("from", given)).toThrow(BadInput);
});

test("every day of the calendar is taken as it is", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
      const day = date.toISOString().slice(0, 10);
      expect(parseInstant("at", day)).toBe(`${day}T00:00:00.000Z`);
      expect(parseInstant("at", instant(date.getTime()))).toBe(date.toISOString());
    }),
  );
});
