// The canonical text of a value: what is hashed and compared, and what others can write in any language.

/** JSON with sorted keys and no spaces; members that are undefined are left out. The same value gives the same text everywhere. */
export function canonical(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  const members = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const key of sortedKeys(members)) {
    const member = members[key];
    if (member !== undefined) text += (text === "" ? "{" : ",") + nameOf(key) + canonical(member);
  }
  return text === "" ? "{}" : `${text}}`;
}

// Verifying a log is mostly this: what follows is for speed, and changes no text.

/** Nothing in it is escaped in JSON. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** By the UTF-16 units of the names, which is what sort does. Mostly they are few, and nearly in order. */
function sortedKeys(members: object): string[] {
  const keys = Object.keys(members);
  if (keys.length > fewKeys) return keys.sort();
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index] ?? "";
    let place = index;
    for (; place > 0 && (keys[place - 1] ?? "") > key; place -= 1) keys[place] = keys[place - 1] ?? "";
    keys[place] = key;
  }
  return keys;
}

const fewKeys = 16;
const names = new Map<string, string>();
const namesMax = 1000;
function nameOf(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `${JSON.stringify(key)}:`;
  if (names.size < namesMax) names.set(key, name);
  return name;
}
