// Where in a YAML file something stands: errors name the line and the column.

import { isMap, isScalar, type Document } from "yaml";

export type Path = readonly (string | number)[];

/** Where the value stands, or its key; for what is missing, where its parent stands. */
export function offsetOf(document: Document, path: Path, ofKey: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const whole = length === path.length;
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      const node: unknown = ofKey || !whole ? pair?.key : (pair?.value ?? pair?.key);
      const offset = rangeOf(node) ?? rangeOf(pair?.key);
      if (offset !== undefined) return offset;
    } else {
      const offset = rangeOf(document.getIn(path.slice(0, length), true));
      if (offset !== undefined) return offset;
    }
  }
  return 0;
}

const rangeOf = (node: unknown): number | undefined =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range) ? (node.range[0] as number) : undefined;
