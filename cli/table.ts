// Tables that fit the terminal: what rows share is said once above them, what is long breaks, and what has no room stands below its row.

import { largest } from "../lib/largest.ts";
import { broken, columnsOf, longestWord } from "./columns.ts";
import { gap, harmless, painted, type Style } from "./render.ts";
import type { Look } from "./terminal.ts";

export interface Column {
  readonly head: string;
  /** May be broken into lines when the table is too wide; ids and other words to copy stay whole. */
  readonly breaks?: true;
  /** Rows share it: where the table is too wide, it is said once above those that do. */
  readonly shared?: true;
  /** Set to the right, as numbers are. */
  readonly right?: true;
}
export type Cell = string | { readonly text: string; readonly style: Style };

interface Plain {
  readonly text: string;
  readonly style?: Style;
}
type Row = readonly Plain[];

/** The indexes of the columns that stand beside each other, with their widths, and of those below each row. */
interface Layout {
  readonly beside: readonly number[];
  readonly widths: ReadonlyMap<number, number>;
  readonly below: readonly number[];
}

/** A column is not broken to less than this, than its longest word, or into many more lines than these: then it rather stands below. */
const narrowest = 20;
const linesMost = 3;
const inset = 2;

/** The order of columns is that of their importance: the last ones go below first, and the first one never does. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: Look): string {
  const cells = rows.map((row) => row.map(plain));
  const all = columns.map((_, index) => index);
  const whole = layoutOf(columns, cells, look.width, all);
  const shared = columns.findIndex((column) => column.shared);
  const groups = [...Map.groupBy(cells, (row) => row[shared]?.text ?? "")];
  // Where each row has its own, there is nothing to be said once.
  const once = shared !== -1 && (groups.length === 1 || groups.length < cells.length);
  if (!once || isRoomy(whole, cells)) return [...heads(columns, whole, look), ...body(columns, cells, whole, look)].join("\n");
  const layout = layoutOf(
    columns,
    cells,
    look.width,
    all.filter((index) => index !== shared),
  );
  const above = (value: string): string => `${painted(columns[shared]?.head ?? "", "dim", look)} ${painted(value, "bold", look)}`;
  return groups
    .map(([value, its], index) =>
      [above(value), ...(index === 0 ? heads(columns, layout, look) : []), ...body(columns, its, layout, look)].join("\n"),
    )
    .join("\n\n");
}

const plain = (cell: Cell): Plain => (typeof cell === "string" ? { text: harmless(cell) } : { ...cell, text: harmless(cell.text) });

// Where each column goes

function layoutOf(columns: readonly Column[], cells: readonly Row[], width: number, among: readonly number[]): Layout {
  const sizes = new Map(among.map((index) => [index, sizeOf(columns[index], cells, index)] as const));
  const below: number[] = [];
  const saying = among.filter((index) => cells.some((row) => says(row[index])));
  let beside = fitted(among, sizes, width) === undefined && saying.length > 0 ? saying : among;
  for (;;) {
    const widths = fitted(beside, sizes, width);
    if (widths !== undefined) return { beside, widths, below: below.toSorted((a, b) => a - b) };
    const rest = beside.slice(1).toReversed();
    const enough = rest.find((gone) => fitted(without(beside, gone), sizes, width) !== undefined);
    const gone = enough ?? rest[0];
    // One column alone may be as wide as it must.
    if (gone === undefined)
      return { beside, widths: new Map(beside.map((index) => [index, Math.max(sizes.get(index)?.least ?? 0, width)])), below };
    below.push(gone);
    beside = without(beside, gone);
  }
}

/** Whether there is anything in it. */
const says = (cell: Plain | undefined): boolean => cell !== undefined && cell.text !== "" && cell.text !== "-";

const without = (indexes: readonly number[], gone: number): number[] => indexes.filter((index) => index !== gone);

interface Size {
  readonly natural: number;
  readonly least: number;
}

function sizeOf(column: Column | undefined, cells: readonly Row[], index: number): Size {
  const head = columnsOf(column?.head ?? "");
  const texts = cells.map((row) => row[index]?.text ?? "");
  const natural = Math.max(head, largest(texts.map(columnsOf)));
  if (column?.breaks !== true) return { natural, least: natural };
  const readable = Math.max(Math.min(natural, narrowest), Math.ceil(natural / linesMost));
  return { natural, least: Math.max(head, readable, largest(texts.map(longestWord))) };
}

/** Takes what is too much from the widest columns that may break; nothing when even that is not enough. */
function fitted(indexes: readonly number[], sizes: ReadonlyMap<number, Size>, width: number): Map<number, number> | undefined {
  const widths = new Map(indexes.map((index) => [index, sizes.get(index)?.natural ?? 0]));
  let over = [...widths.values()].reduce((sum, each) => sum + each, gap * (indexes.length - 1)) - width;
  while (over > 0) {
    const [widest] = [...widths].filter(([index, each]) => each > (sizes.get(index)?.least ?? each)).toSorted(([, a], [, b]) => b - a);
    if (widest === undefined) return undefined;
    widths.set(widest[0], widest[1] - 1);
    over -= 1;
  }
  return widths;
}

/** Nothing is broken, and nothing stands below. */
const isRoomy = ({ widths, below }: Layout, cells: readonly Row[]): boolean =>
  below.length === 0 && cells.every((row) => row.every(({ text }, index) => columnsOf(text) <= (widths.get(index) ?? 0)));

// How it looks

function heads(columns: readonly Column[], layout: Layout, look: Look): string[] {
  const row = columns.map(({ head }): Plain => ({ text: head, style: "dim" }));
  const [single] = layout.below.length === 1 ? layout.below : [];
  return [line(columns, row, layout, look), ...(single === undefined ? [] : stacked([["", row[single] ?? { text: "" }]], look))];
}

function body(columns: readonly Column[], cells: readonly Row[], layout: Layout, look: Look): string[] {
  const told = cells.map((row) => pairsBelow(columns, row, layout));
  const inOneLine = told.every((pairs) => columnsOf(flowing(pairs, { ...look, colour: false })) <= look.width);
  return cells.flatMap((row, index) => {
    const pairs = told[index] ?? [];
    const below = pairs.length === 0 ? [] : inOneLine ? [flowing(pairs, look)] : stacked(pairs, look);
    return [...lines(columns, row, layout, look), ...below];
  });
}

function lines(columns: readonly Column[], row: Row, layout: Layout, look: Look): string[] {
  const parts = row.map(({ text }, index) => broken(text, layout.widths.get(index) ?? Infinity));
  const height = largest(layout.beside.map((index) => parts[index]?.length ?? 0));
  return Array.from({ length: height }, (_, at) =>
    line(
      columns,
      row.map((cell, index) => ({ ...cell, text: parts[index]?.[at] ?? "" })),
      layout,
      look,
    ),
  );
}

const line = (columns: readonly Column[], row: Row, { beside, widths }: Layout, look: Look): string =>
  beside
    .map((index) => {
      const { text, style } = row[index] ?? { text: "" };
      const padding = " ".repeat(Math.max(0, (widths.get(index) ?? 0) - columnsOf(text)));
      const shown = shownAs(text, style, look);
      return columns[index]?.right === true ? `${padding}${shown}` : `${shown}${padding}`;
    })
    .join(" ".repeat(gap))
    .trimEnd();

const shownAs = (text: string, style: Style | undefined, look: Look): string =>
  style === undefined || text === "" ? text : painted(text, style, look);

type Pair = readonly [head: string, Plain];

/** What has no room beside: by itself where it is one column, else each with its head. What there is none of is not said. */
const pairsBelow = (columns: readonly Column[], row: Row, { below }: Layout): Pair[] =>
  below.flatMap((index): Pair[] => {
    const cell = row[index];
    if (cell === undefined || !says(cell)) return [];
    return [[below.length === 1 ? "" : (columns[index]?.head ?? ""), cell]];
  });

const flowing = (pairs: readonly Pair[], look: Look): string =>
  `${" ".repeat(inset)}${pairs
    .map(([head, { text, style }]) => `${head === "" ? "" : `${painted(head, "dim", look)} `}${shownAs(text, style, look)}`)
    .join(" ".repeat(gap))}`;

function stacked(pairs: readonly Pair[], look: Look): string[] {
  const longest = largest(pairs.map(([head]) => columnsOf(head)));
  const room = longest === 0 ? 0 : longest + gap;
  return pairs.flatMap(([head, { text, style }]) =>
    broken(text, look.width - inset - room).map((part, index) => {
      const first = painted((index === 0 ? head : "").padEnd(room), "dim", look);
      return `${" ".repeat(inset)}${room === 0 ? "" : first}${shownAs(part, style, look)}`;
    }),
  );
}
