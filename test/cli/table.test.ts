// Tables fit the terminal, lose nothing, and colour only where that is wanted.
import { expect, test } from "vitest";
import { broken, columnsOf, longestWord } from "../../cli/columns.ts";
import { table, type Column } from "../../cli/table.ts";

const columns: Column[] = [{ head: "ID" }, { head: "NAME", breaks: true }];
const rows = [
  ["vpce-0123456789abcdef0", "a consumer with a rather long name that goes on for a while"],
  ["vpce-1", "日本の会社 😀"],
];
const plain = (width: number): { width: number; colour: false } => ({ width, colour: false });

test("columns are aligned, also under wide characters", () => {
  const text = table(
    [...columns, { head: "LAST" }],
    rows.map((row) => [...row, "x"]),
    plain(Infinity),
  );
  const ends = text.split("\n").map((line) => line.replaceAll(/[日本の会社😀]/gu, "__").length);
  expect(new Set([ends[1], ends[2]]).size).toBe(1);
});

test.each([120, 60, 45, 25])("nothing is wider than %d columns, and no word is lost", (width) => {
  const text = table(columns, rows, plain(width));
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  for (const word of rows.flat().flatMap((cell) => cell.split(" "))) expect(text).toContain(word);
});

test("what has no room stands below its row; by itself when it is one column, else with its head", () => {
  expect(table(columns, [["vpce-0123456789abcdef0", "acme"]], plain(25))).toBe("ID\n  NAME\nvpce-0123456789abcdef0\n  acme");
  const more: Column[] = [...columns, { head: "REGION" }, { head: "WHY", breaks: true }];
  const shown = [
    ["vpce-0123456789abcdef0", "acme-ltd", "eu", ""],
    ["vpce-0123456789abcdef1", "-", "eu", ""],
  ];
  expect(table(more, shown, plain(29)).split("\n")).toEqual([
    "ID",
    "vpce-0123456789abcdef0",
    "  NAME acme-ltd  REGION eu",
    "vpce-0123456789abcdef1",
    "  REGION eu",
  ]);
  expect(
    table(more, [...shown, ["vpce-0123456789abcdef2", "a name of many words", "eu-west-1", "no entry"]], plain(30))
      .split("\n")
      .slice(-4),
  ).toEqual(["vpce-0123456789abcdef2", "  NAME    a name of many words", "  REGION  eu-west-1", "  WHY     no entry"]);
});

test("a column that goes below is the last whose going is enough", () => {
  const three: Column[] = [{ head: "ID" }, { head: "TEXT" }, { head: "N" }];
  expect(table(three, [["vpce-1", "x".repeat(30), "7"]], plain(30)).split("\n")).toEqual([
    "ID      N",
    "  TEXT",
    "vpce-1  7",
    `  ${"x".repeat(30)}`,
  ]);
});

test("what rows share is said once above them where the table would be too wide, unless each has its own", () => {
  const three: Column[] = [{ head: "SERVICE", shared: true }, { head: "ID" }, { head: "NAME" }];
  const shown = [
    ["vpce-svc-1", "vpce-1", "acme"],
    ["vpce-svc-2", "vpce-2", "globex"],
    ["vpce-svc-1", "vpce-3", "initech"],
  ];
  expect(table(three, shown, plain(27)).split("\n")[1]).toBe("vpce-svc-1  vpce-1  acme");
  expect(table(three, shown, plain(20)).split("\n")).toEqual([
    "SERVICE vpce-svc-1",
    "ID      NAME",
    "vpce-1  acme",
    "vpce-3  initech",
    "",
    "SERVICE vpce-svc-2",
    "vpce-2  globex",
  ]);
  expect(table(three, shown.slice(0, 2), plain(20)).split("\n")).toEqual([
    "SERVICE     ID",
    "  NAME",
    "vpce-svc-1  vpce-1",
    "  acme",
    "vpce-svc-2  vpce-2",
    "  globex",
  ]);
});

test("a text is broken only as far as it can still be read", () => {
  const long = Array.from({ length: 40 }, () => "word").join(" ");
  expect(table(columns, [["vpce-1", long]], plain(90)).split("\n")).toHaveLength(4);
  expect(table(columns, [["vpce-1", long]], plain(60)).split("\n")[1]).toBe("  NAME");
});

test("numbers are set to the right", () => {
  expect(
    table(
      [{ head: "QUEUE" }, { head: "COUNT", right: true }],
      [
        ["a", "7"],
        ["b", "1234567"],
      ],
      plain(80),
    ),
  ).toBe("QUEUE    COUNT\na            7\nb      1234567");
});

test("colour is put around cells, never inside their width", () => {
  const coloured = table([{ head: "A" }, { head: "B" }], [[{ text: "no", style: "red" }, "x"]], { width: 80, colour: true });
  expect(coloured).toContain("\u001b[31mno\u001b[39m");
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(table([{ head: "A" }, { head: "B" }], [["no", "x"]], plain(80)));
});

test("a table may be as long as it likes", () => {
  const many = Array.from({ length: 200_000 }, (_, index) => [`vpce-${String(index)}`, "acme"]);
  expect(table(columns, many, plain(Infinity)).split("\n")).toHaveLength(200_001);
  expect(table(columns, many, plain(14)).split("\n")).toHaveLength(400_002);
  expect(columnsOf(broken(many.flat().join(" "), 80)[0] ?? "")).toBeLessThanOrEqual(80);
  expect(longestWord(many.flat().join(" "))).toBe(11);
});
