// Event patterns: whether an event matches, and whether a pattern is one. SNS filter policies use the same operators.
import { isMembers, type Members } from "../members.ts";
import { AwsError } from "../service.ts";

type Test = (value: unknown) => boolean;

/** Throws InvalidEventPatternException when AWS would refuse the pattern. */
export function checkPattern(pattern: unknown): void {
  if (!isMembers(pattern) || Object.keys(pattern).length === 0) throw refused("Filter is not an object");
  checkFields(pattern);
}

export function matches(pattern: Members, event: unknown): boolean {
  // An array of objects matches when one of its elements does, as a whole.
  if (Array.isArray(event)) return event.some((element) => matches(pattern, element));
  return Object.entries(pattern).every(([name, expected]) => {
    if (name === "$or" && Array.isArray(expected)) return expected.some((branch) => isMembers(branch) && matches(branch, event));
    const actual = isMembers(event) ? event[name] : undefined;
    if (Array.isArray(expected)) return expected.some((matcher) => matchesValue(matcher, actual));
    return isMembers(expected) && matches(expected, actual);
  });
}

function checkFields(pattern: Members): void {
  for (const [name, expected] of Object.entries(pattern)) {
    if (name === "$or" && Array.isArray(expected)) {
      if (expected.length < 2) throw refused("There must have at least 2 Objects in $or relationship");
      for (const branch of expected) checkPattern(branch);
    } else if (Array.isArray(expected)) {
      if (expected.length === 0) throw refused(`Empty arrays are not allowed at "${name}"`);
      for (const matcher of expected) testOf(matcher);
    } else if (isMembers(expected)) {
      if (Object.keys(expected).length === 0) throw refused(`Empty objects are not allowed at "${name}"`);
      checkFields(expected);
    } else throw refused(`"${name}" must be an object or an array`);
  }
}

function matchesValue(matcher: unknown, actual: unknown): boolean {
  if (isMembers(matcher) && "exists" in matcher) {
    const leaf = actual !== undefined && !(isMembers(actual) && !Array.isArray(actual));
    return matcher["exists"] === leaf;
  }
  if (actual === undefined) return false;
  const values: readonly unknown[] = Array.isArray(actual) ? actual : [actual];
  const test = testOf(matcher);
  return values.some((value) => test(value));
}

/** One element of a pattern's array. */
function testOf(matcher: unknown): Test {
  if (!isMembers(matcher)) {
    if (Array.isArray(matcher)) throw refused("Nested arrays are not allowed");
    return (value) => value === matcher;
  }
  const [operator, ...others] = Object.keys(matcher);
  if (operator === undefined || others.length > 0) throw refused("Only one key allowed in match expression");
  const make = OPERATORS[operator];
  if (make === undefined) throw refused(`Unrecognized match type ${operator}`);
  return make(matcher[operator]);
}

const OPERATORS: Readonly<Record<string, (operand: unknown) => Test>> = {
  prefix: (operand) => edge("prefix", operand, (value, part) => value.startsWith(part)),
  suffix: (operand) => edge("suffix", operand, (value, part) => value.endsWith(part)),
  "equals-ignore-case": (operand) => {
    const expected = textOperand("equals-ignore-case", operand).toLowerCase();
    return (value) => typeof value === "string" && value.toLowerCase() === expected;
  },
  wildcard: (operand) => wildcard(textOperand("wildcard", operand)),
  exists: (operand) => {
    if (typeof operand !== "boolean") throw refused("exists match pattern must be either true or false.");
    return () => operand;
  },
  numeric: (operand) => numeric(operand),
  cidr: (operand) => cidr(textOperand("cidr", operand)),
  "anything-but": (operand) => anythingBut(operand),
};

function edge(name: string, operand: unknown, compare: (value: string, part: string) => boolean): Test {
  if (isMembers(operand)) {
    const part = textOperand(name, operand["equals-ignore-case"]).toLowerCase();
    return (value) => typeof value === "string" && compare(value.toLowerCase(), part);
  }
  const part = textOperand(name, operand);
  return (value) => typeof value === "string" && compare(value, part);
}

function anythingBut(operand: unknown): Test {
  if (isMembers(operand)) {
    const [operator, ...others] = Object.keys(operand);
    const allowed = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
    if (operator === undefined || others.length > 0 || !allowed.includes(operator)) throw refused("Unsupported anything-but pattern");
    const inner = operand[operator];
    const excluded = (Array.isArray(inner) ? inner : [inner]).map((part) => testOf({ [operator]: part }));
    if (excluded.length === 0) throw refused("Empty arrays are not allowed");
    return (value) => (typeof value === "string" || typeof value === "number") && !excluded.some((test) => test(value));
  }
  const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (excluded.length === 0 || excluded.some((value) => typeof value !== "string" && typeof value !== "number")) {
    throw refused("anything-but needs a string, a number, or a list of either");
  }
  return (value) => !excluded.includes(value);
}

function numeric(operand: unknown): Test {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0 || operand.length > 4)
    throw refused("Value of numeric must be an array.");
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const limit: unknown = operand[index + 1];
    const compare = COMPARISONS[String(operand[index])];
    if (compare === undefined) throw refused(`Unrecognized numeric range operator: ${String(operand[index])}`);
    if (typeof limit !== "number") throw refused("Value of numeric operator must be numeric");
    tests.push((value) => compare(value, limit));
  }
  return (value) => typeof value === "number" && tests.every((test) => test(value));
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  "=": (value, limit) => value === limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

/** `*` stands for any characters; `\*` and `\\` for themselves. */
function wildcard(pattern: string): Test {
  if (pattern.includes("**")) throw refused("Consecutive wildcard characters at pos");
  const source = pattern.replaceAll(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (found, escaped?: string) => {
    if (found === "*") return "[\\s\\S]*";
    return `\\${escaped ?? found}`;
  });
  const expression = new RegExp(`^${source}$`);
  return (value) => typeof value === "string" && expression.test(value);
}

function cidr(block: string): Test {
  const [base, bits] = block.split("/");
  const network = ipv4(base ?? "");
  const size = Number(bits);
  if (network === undefined || !Number.isInteger(size) || size < 0 || size > 32) throw refused(`Malformed CIDR: ${block}`);
  const divisor = 2 ** (32 - size);
  return (value) => {
    const address = typeof value === "string" ? ipv4(value) : undefined;
    return address !== undefined && Math.floor(address / divisor) === Math.floor(network / divisor);
  };
}

function ipv4(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function textOperand(operator: string, operand: unknown): string {
  if (typeof operand !== "string") throw refused(`${operator} match pattern must be a string`);
  if (operand === "" && operator !== "equals-ignore-case") throw refused(`Null ${operator} not allowed`);
  return operand;
}

function refused(reason: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}
