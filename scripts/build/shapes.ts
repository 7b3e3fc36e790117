// Left out of the SDK's clients: the shapes of calls that nobody makes, and the classes of errors that nobody asks for by class.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Edit } from "./edits.ts";

/**
 * Clients describe shapes with computed keys, `[_eQN]: …`, which esbuild must keep for their possible side effects, and with
 * them every shape of the service (aws/aws-sdk-js-v3#7607). The keys are constants of the same file, so their texts can stand
 * in their places.
 *
 * Each error is a class of its own, registered by name when the client is loaded. When AWS answers with an error that isn't
 * registered, the SDK makes one of the client's base class, with the name, the message, the status and the fields that AWS
 * sent; so only these have to stay: the base; a class that our code imports, since it may ask `instanceof`; a class that says
 * whether a retry helps. And a name must stay where the code on the wire is another than the name (`InvalidParameter`,
 * `InvalidParameterException`): these are registered from a list, with one class for each made when the client is loaded.
 */
export const shapes: readonly Edit[] = [
  {
    file: "@aws-sdk/client-*/dist-es/schemas/schemas_0.js",
    text: (source, path) => {
      const constants = constantsOf(source);
      return literalKeys(errorsInUse(source, constants, path), constants, path);
    },
  },
];

/** The texts behind `const _eQN = "…";`. */
const constantsOf = (source: string): ReadonlyMap<string, string> =>
  new Map([...source.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name = "", text = ""]) => [name, text]));

function literalKeys(source: string, constants: ReadonlyMap<string, string>, path: string): string {
  return source.replaceAll(/\[(\w+)\]:/g, (_, name: string) => {
    const text = constants.get(name);
    if (text === undefined) throw new Error(`${path}: the key [${name}] is no constant of the file.`);
    return `${text}:`;
  });
}

interface PlainError {
  readonly name: string;
  /** Its code on the wire. */
  readonly code: string;
  readonly fault: string;
}

function errorsInUse(source: string, constants: ReadonlyMap<string, string>, path: string): string {
  const base = /^_s_registry\.registerError\((\w+ServiceException)\$, \1\);$/gm;
  const bases = [...source.matchAll(base)];
  const registered = /^n0_registry\.registerError\((\w+)\$, \1\);\n/gm;
  const registrations = source.split("registerError(").length - 1;
  if (bases.length !== 1 || registrations !== 1 + [...source.matchAll(registered)].length)
    throw new Error(`${path}: the errors are not registered as scripts/build/shapes.ts expects.`);
  const [, client = ""] = /client-([\w-]+)[\\/]dist-es/.exec(path) ?? [];
  const imported = importedNames.get(client) ?? new Set();
  const retryable = registrations === 1 ? new Set() : retryableErrors(path);
  const queries = readsCodes(path);
  const plain: PlainError[] = [];
  const rest = source.replaceAll(registered, (line, name: string) => {
    if (imported.has(name) || retryable.has(name)) return line;
    if (!queries) return "";
    const error = plainError(source, name, constants, path);
    if (error === undefined) return line;
    if (error.code !== error.name) plain.push(error);
    return "";
  });
  if (plain.length === 0) return rest;
  // Most names are the code and "Exception".
  const list = plain.map(({ name, code, fault }) => [
    code,
    ...(name === `${code}Exception` && fault === "client" ? [] : [name]),
    ...(fault === "client" ? [] : [fault]),
  ]);
  return `${rest}
for (const [code, name = code + "Exception", $fault = "client"] of ${JSON.stringify(list)})
  n0_registry.registerError([-3, n0, name, { awsQueryError: [code], error: $fault }, ["message"], [0]], class extends ${bases[0]?.[1] ?? ""} {
    name = name;
    $fault = $fault;
    constructor(given) { super({ name, $fault, ...given }); }
  });
`;
}

/** An error's names and fault, when it has no field but the message, or none whose name on the wire is another; else nothing. */
function plainError(source: string, exported: string, constants: ReadonlyMap<string, string>, path: string): PlainError | undefined {
  const shape = new RegExp(`^export var ${exported}\\$ = \\[-3, n0, (\\w+),\\s+\\{([^{}]*)\\},\\s+\\[([^\\]]*)\\]`, "m").exec(source);
  const [, name = "", traits = "", members = ""] = shape ?? [];
  const fault = /\[_e\]: (\w+)/.exec(traits)?.[1] ?? "";
  const code = /\[_aQE\]: \[`([^`]+)`/.exec(traits)?.[1];
  const text = (constant: string): string | undefined => {
    const quoted = constants.get(constant);
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
  };
  const error = { name: text(name), code: code ?? text(name), fault: text(fault) };
  if (error.name === undefined || error.code === undefined || (error.fault !== "client" && error.fault !== "server"))
    throw new Error(`${path}: the shape of the error ${exported} is not one that scripts/build/shapes.ts can read.`);
  const simple = error.code === error.name || members.trim() === "" || (members === "_m" && text("_m") === "message");
  return simple ? { name: error.name, code: error.code, fault: error.fault } : undefined;
}

/** Whether errors come with codes of their own: in the Query protocol, and in what has taken its place. The others send the names. */
function readsCodes(schemas: string): boolean {
  const config = readFileSync(join(schemas, "../../runtimeConfig.shared.js"), "utf8");
  if (!config.includes("protocol: config?.protocol ?? "))
    throw new Error(`${schemas}: its client's protocol is not where it is looked for.`);
  return /config\?\.protocol \?\? AwsQueryProtocol|awsQueryCompatible: true/.test(config);
}

/** The classes that say of themselves whether a retry helps. */
function retryableErrors(schemas: string): ReadonlySet<string> {
  const models = readFileSync(join(schemas, "../../models/errors.js"), "utf8");
  const classes = models.split(/^export class /m).slice(1);
  return new Set(classes.filter((text) => text.includes("$retryable")).map((text) => /^\w+/.exec(text)?.[0] ?? ""));
}

/** What our deployed code imports from each of the SDK's clients. */
const importedNames: ReadonlyMap<string, ReadonlySet<string>> = byClient(["lib", "functions"].flatMap(importsOf));

function byClient(all: readonly (readonly [client: string, name: string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = Map.groupBy(all, ([client]) => client);
  return new Map([...groups].map(([client, names]) => [client, new Set(names.map(([, name]) => name))]));
}

function importsOf(folder: string): (readonly [client: string, name: string])[] {
  const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    const imports = [...source.matchAll(/^import\s+([^;]*?)\s+from\s+"@aws-sdk\/client-([\w-]+)";/gm)];
    return imports.flatMap(([, names = "", client = ""]) => {
      if (!names.startsWith("{") && !names.startsWith("type {"))
        throw new Error(
          `${folder}/${file} imports all of an SDK client at once: name what it uses, so that the bundle can leave out the rest.`,
        );
      return (names.match(/\w+/g) ?? []).map((name) => [client, name] as const);
    });
  });
}
