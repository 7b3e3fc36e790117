// What is wrong with a YAML file before anybody looks at what it says: each fault with its place.

import { isAlias, isMap, isScalar, isSeq, visit, type Alias, type Document, type Node, type Pair } from "yaml";
import { isReserved } from "../lib/reserved.ts";

export interface Wrong {
  readonly offset: number;
  readonly message: string;
}

/** Where the file cannot be parsed at all, nothing else of it is looked at. */
export function faultsOf(document: Document): Wrong[] {
  const broken = document.errors.map(({ code, pos, message }) => ({
    offset: pos[0],
    message: code === "MULTIPLE_DOCS" ? "the file is one document; take out what follows this line ---" : firstLine(message),
  }));
  if (broken.length > 0) return broken;
  const warned = document.warnings.map(({ code, pos, message }) => ({
    offset: pos[0],
    message: code === "TAG_RESOLVE_FAILED" ? tagged : firstLine(message),
  }));
  return [...warned, ...faultsOfNodes(document)];
}

const isNothing = /^(null|Null|NULL|~)$/;
const tagged = "a tag has no meaning here; leave it out";

/** The parser's own words, without the place, which stands before them. */
const firstLine = (message: string): string => message.split("\n")[0]?.replace(/ at line .*$/, "") ?? "";

function faultsOfNodes(document: Document): Wrong[] {
  const wrong: Wrong[] = [];
  const at = (node: unknown, message: string): void => void wrong.push({ offset: startOf(node), message });
  /** Those above. */
  const anchors = new Map<string, Node>();
  const anchored = (node: Node & { readonly anchor?: string }): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(document, {
    Pair: (_, pair) => pairFaults(pair, anchors, at),
    Alias: (_, alias, ancestors) => aliasFaults(alias, anchors, ancestors, at),
    Collection: (_, node) => anchored(node),
    Scalar(_, node) {
      anchored(node);
      // Of all tags, the parser reads but this one.
      if (node.value instanceof Uint8Array) at(node, tagged);
      // As text it would become somebody's name, and every other reader of YAML takes it for nothing.
      if (node.type === "PLAIN" && typeof node.value === "string" && isNothing.test(node.value))
        at(node, `${node.value} says nothing; leave the field out, or put quotes around it if it is a text`);
    },
  });
  return wrong;
}

type Anchors = ReadonlyMap<string, Node>;
type At = (node: unknown, message: string) => void;

function pairFaults({ key, value }: Pair, anchors: Anchors, at: At): void {
  if (!isScalar(key))
    return at(key, isAlias(key) ? "an alias cannot be a key; write the word itself" : "a list or a mapping cannot be a key");
  if (isReserved(String(key.value))) at(key, `${String(key.value)} cannot be a name here; give another`);
  if (key.source !== "<<") return;
  const sources = isSeq(value) ? value.items : [value];
  if (!sources.every((source) => isMap(isAlias(source) ? anchors.get(source.source) : source)))
    at(value, "<< takes a mapping, or the alias of one");
}

function aliasFaults(alias: Alias, anchors: Anchors, ancestors: readonly unknown[], at: At): void {
  const source = anchors.get(alias.source);
  if (source === undefined) at(alias, `there is no anchor &${alias.source} above`);
  else if (ancestors.includes(source)) at(alias, `*${alias.source} stands within what it repeats`);
}

const startOf = (node: unknown): number => ((node ?? {}) as Pick<Node, "range">).range?.[0] ?? 0;

/** Aliases of aliases multiply: the file's values at most so many times over. */
const repeatsMost = 1_000_000;

/** The document as a plain value; only of one without faults. */
export function valueOf(document: Document): { readonly value: unknown } | { readonly wrong: Wrong } {
  try {
    return { value: document.toJS({ maxAliasCount: repeatsMost }) as unknown };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    // Where aliases repeat aliases, the last one repeats the most.
    let offset = 0;
    visit(document, { Alias: (_, alias) => void (offset = startOf(alias)) });
    return { wrong: { offset, message: "its aliases repeat the file too often; write out what it says" } };
  }
}
