// Tables fit the terminal, lose nothing, and colour only where that is wanted.
import { expect, test } from "vitest";
import { details, duration, harmless, table } from "../../cli/render.ts";

const columns = [{ head: "ID" }, { head: "NAME", breaks: true }];
const rows = [
  ["vpce-0123456789abcdef0", "a consumer with a rather long name that goes on for a while"],
  ["vpce-1", "日本の会社 😀"],
];

test("columns are aligned, also under wide characters", () => {
  const text = table(
    [...columns, { head: "LAST" }],
    rows.map((row) => [...row, "x"]),
    { width: Infinity, colour: false },
  );
  const ends = text.split("\n").map((line) => line.replaceAll(/[日本の会社😀]/gu, "__").length);
  expect(new Set([ends[1], ends[2]]).size).toBe(1);
});

test.each([120, 60, 45])("nothing is wider than %d columns, and no word is lost", (width) => {
  const text = table(columns, rows, { width, colour: false });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  for (const word of rows.flat().flatMap((cell) => cell.split(" "))) expect(text).toContain(word);
});

test("where ids do not fit beside the rest, each row is a block, and ids stay whole", () => {
  expect(table(columns, [["vpce-0123456789abcdef0", "acme"]], { width: 25, colour: false })).toBe(
    "ID    vpce-0123456789abcdef0\nNAME  acme",
  );
});

test("colour is put around cells, never inside their width", () => {
  const coloured = table([{ head: "A" }, { head: "B" }], [[{ text: "no", style: "red" }, "x"]], { width: 80, colour: true });
  expect(coloured).toContain("\u001b[31mno\u001b[39m");
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(table([{ head: "A" }, { head: "B" }], [["no", "x"]], { width: 80, colour: false }));
});

test("hostile text is shown as codes, ordinary text as it is", () => {
  expect(harmless("\u001b[31m\u0007\u009b\u200b\u202e\u2028\n")).toBe("\\u{1b}[31m\\u{7}\\u{9b}\\u{200b}\\u{202e}\\u{2028}\\u{a}");
  expect(harmless("Zoë Müller 日本 😀 – “x”")).toBe("Zoë Müller 日本 😀 – “x”");
  expect(details([["a", "b\u001b"]], { width: 80, colour: false })).toBe("a  b\\u{1b}");
});

test("durations are in the largest unit that fits", () => {
  expect([0, 59, 60, 3599, 3600, 172_799, 172_800].map(duration)).toEqual(["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d"]);
});
