// DNS names as Route 53 writes and sorts them.

/** Lower case, with the last dot, and everything but letters, digits, `-` and `_` as `\ooo`. */
export function normalName(given: string): string {
  const plain = given.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const escaped = plain.toLowerCase().replace(/[^a-z0-9._-]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return escaped.endsWith(".") ? escaped : `${escaped}.`;
}

/** Route 53 sorts by the labels from right to left: `com.example.www.` */
export function sortName(name: string): string {
  return `${name.replace(/\.$/, "").split(".").reverse().join(".")}.`;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}
