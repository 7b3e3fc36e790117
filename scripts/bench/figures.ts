// Arithmetic of the bench: medians, ratios, and tables as Markdown.

export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("a quantile needs values");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** What was counted between two readings, without what did not move. */
export function difference(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  const grown = Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** A figure with as many digits as it deserves. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** One section of the bench: what people read, and the same for programs. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
  /** Targets of this project, each reached or not. */
  readonly targets: readonly Target[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly reached: boolean;
}

export function markdown({ title, tables, notes, targets }: Section): string {
  const target: Table = {
    head: ["target", "wanted", "got", ""],
    rows: targets.map(({ what, wanted, got, reached }) => [what, wanted, got, reached ? "reached" : "**not reached**"]),
  };
  const all = targets.length === 0 ? tables : [...tables, target];
  return [`## ${title}`, ...all.map(tableText), ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")])].join("\n\n");
}

function tableText({ head, rows }: Table): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? shown(cell) : cell)))];
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = head.map((_, column) => rows.every((row) => typeof row[column] === "number" || row[column] === ""));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (isNumber[column] === true ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (isNumber[column] === true ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return [line(first), rule, ...rest.map(line)].join("\n");
}
