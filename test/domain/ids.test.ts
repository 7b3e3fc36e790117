// Instants as people write them: those that there are, in any writing, and none that no calendar has.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadInput } from "../../lib/faults.ts";
import { parseInstant } from "../../lib/ids.ts";

const two = (number: number): string => String(number).padStart(2, "0");

describe("an instant that somebody wrote", () => {
  test.each([
    ["2026-12-31", "2026-12-31T00:00:00.000Z"],
    ["2026-12-31T18:00", "2026-12-31T18:00:00.000Z"],
    ["2026-12-31T18:00:01.5Z", "2026-12-31T18:00:01.500Z"],
    ["2026-12-31T18:00:00+02:00", "2026-12-31T16:00:00.000Z"],
    ["2026-12-31T18:00:00-0230", "2026-12-31T20:30:00.000Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
    ["0001-01-01", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("%s is %s", (text, is) => {
    expect(parseInstant("expires", text)).toBe(is);
  });

  test.each([
    "2027-02-30",
    "2027-02-29",
    "2027-04-31T10:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T23:60:00Z",
    "2027-13-01",
    "2027-00-10",
    "0000-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2027-01-01T",
    "2027-01-01T10",
    "2027-01-01T10:00:00+",
    "tomorrow",
    "",
    20270101,
  ])("%j is refused, as it was typed", (text) => {
    const refused = (): unknown => parseInstant("expires", text);
    expect(refused).toThrow(BadInput);
    expect(refused).toThrow(`expires: ${JSON.stringify(text)} is not valid`);
  });

  test("for all dates and offsets: what is taken is an instant of four-digit years, and it is the day that was typed", () => {
    const part = (most: number) => fc.integer({ min: 0, max: most }).map(two);
    const typed = fc.record({
      year: fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 9999)).map((year) => String(year).padStart(4, "0")),
      month: part(13),
      day: part(32),
      hour: part(24),
      minute: part(60),
      zone: fc.constantFrom("Z", "", "+14:00", "-14:00", "+0530"),
    });
    let taken = 0;
    fc.assert(
      fc.property(typed, ({ year, month, day, hour, minute, zone }) => {
        const wall = `${year}-${month}-${day}T${hour}:${minute}`;
        let read: string;
        try {
          read = parseInstant("at", `${wall}${zone}`);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInput);
          return;
        }
        taken += 1;
        expect(read).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
        const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
        expect(new Date(Date.parse(read) + offset * 60_000).toISOString()).toContain(`-${month}-${day}T${hour}:${minute}`);
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(2500);
  });
});
