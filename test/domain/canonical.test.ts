// The canonical text of an event: what is hashed, and what others must be able to write in any language.

import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical } from "../../lib/canonical.ts";

/** As the documents say it: names by their UTF-16 units, nothing undefined, everything else as JSON.stringify has it. */
function defined(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => defined(item ?? null)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${defined(member)}`).join(",")}}`;
}

test("any JSON has one text, whatever order its members came in", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 4 }), (value) => {
      expect(canonical(value)).toBe(defined(value));
      expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value));
    }),
    { numRuns: 500 },
  );
});

test.each([
  [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
  [{ 10: 1, 2: 1, a: 1 }, '{"10":1,"2":1,"a":1}'],
  [{ a: undefined, b: [undefined, null] }, '{"b":[null,null]}'],
  [JSON.parse('{"__proto__":{"b":1},"a":1}'), '{"__proto__":{"b":1},"a":1}'],
  [{ é: 1, z: 1, "\u{1f600}": 1, "\uffff": 1 }, '{"z":1,"é":1,"\u{1f600}":1,"\uffff":1}'],
  [{ a: 'say "hi"\\\n\u0007\u2028\u007f' }, '{"a":"say \\"hi\\"\\\\\\n\\u0007\u2028\u007f"}'],
  [{}, "{}"],
  [[], "[]"],
  [-0, "0"],
])("%j", (value, text) => {
  expect(canonical(value)).toBe(text);
});

test("many members are sorted as few are", () => {
  const names = Array.from({ length: 40 }, (_, index) => `n${String((index * 17) % 40)}`);
  const value = Object.fromEntries(names.map((name) => [name, name]));
  expect(canonical(value)).toBe(defined(value));
});
