// Details and prose fit the terminal, and what outsiders wrote does it no harm.
import { expect, test } from "vitest";
import { details, duration, harmless, prose } from "../../cli/render.ts";

test("what is broken stands under its beginning, and words to copy stay whole", () => {
  const look = { width: 40, colour: false };
  expect(details([["Known as", `a service with a name and ${"x".repeat(50)}`]], look)).toBe(
    `Known as  a service with a name and\n          ${"x".repeat(50)}`,
  );
  expect(prose("- when an entry is removed, what it let in is kept", look, 2)).toBe(
    "- when an entry is removed, what it\n  let in is kept",
  );
});

test("hostile text is shown as codes, ordinary text as it is", () => {
  expect(harmless("\u001b[31m\u0007\u009b\u200b\u202e\u2028\n")).toBe("\\u{1b}[31m\\u{7}\\u{9b}\\u{200b}\\u{202e}\\u{2028}\\u{a}");
  expect(harmless("Zoë Müller 日本 😀 – “x”")).toBe("Zoë Müller 日本 😀 – “x”");
  expect(details([["a", "b\u001b"]], { width: 80, colour: false })).toBe("a  b\\u{1b}");
});

test("durations are in the largest unit that fits", () => {
  expect([0, 59, 60, 3599, 3600, 172_799, 172_800].map(duration)).toEqual(["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d"]);
});
