// The SDK's clients as they are published, and as the functions' bundles hold them: the same calls through both.
import { readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { vi } from "vitest";
import { shaken } from "../../scripts/build/shaken.ts";

/** What an SDK client hands to its HTTP handler, and so what goes over the wire. */
export interface Sent {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Reply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Command {
  /** The operation: kind, namespace, name, traits, input, output. */
  readonly schema: readonly [number, string, string, unknown, unknown, unknown];
}
export interface Client {
  send(command: Command): Promise<unknown>;
  readonly config: {
    endpointProvider(asked: Readonly<Record<string, unknown>>): { readonly url: URL };
    readonly requestHandler: object;
  };
}
type Classes = Readonly<Record<string, new (given: unknown) => unknown>>;

export interface Service {
  /** As in its package's name: `dynamodb`. */
  readonly name: string;
  /** The same classes, by their names, twice. */
  readonly published: Classes;
  readonly bundled: Classes;
  readonly client: string;
  /** The commands that our code sends. */
  readonly commands: readonly string[];
  /** The errors that our code asks for by class. */
  readonly errors: readonly string[];
}

export const ways = ["published", "bundled"] as const;
export type Way = (typeof ways)[number];

/** The environment as Lambda sets it. */
export function asInAFunction(): void {
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  vi.stubEnv("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ");
  vi.stubEnv("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs24.x");
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "drawbridge-prod-observe");
  vi.stubEnv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
}

/** The services that the functions call, in both ways. `remove` takes the bundle away again. */
export async function bothSdks(): Promise<{ readonly services: readonly Service[]; readonly remove: () => Promise<void> }> {
  const used = [...imports()];
  const folder = await mkdtemp(join(tmpdir(), "drawbridge-sdks-"));
  const contents = used.map(
    ([name, names], index) =>
      `import * as from${String(index)} from "@aws-sdk/client-${name}";
export const s${String(index)} = { ${names.map((one) => `${one}: from${String(index)}.${one}`).join(", ")} };`,
  );
  const options = { ...shaken, stdin: { contents: contents.join("\n"), resolveDir: shaken.absWorkingDir } };
  // The same modules of the SDK, so that nothing but what is left out can differ; all names stay, for a reader's sake.
  const [published, bundled] = await Promise.all([
    bundleOf({ ...options, minify: false, plugins: [], pure: [] }, join(folder, "published.cjs")),
    bundleOf(options, join(folder, "bundled.cjs")),
  ]);
  const services = used.map(([name, names], index): Service => {
    const client = names.find((one) => one.endsWith("Client")) ?? "";
    return {
      name,
      published: published[`s${String(index)}`] ?? {},
      bundled: bundled[`s${String(index)}`] ?? {},
      client,
      commands: names.filter((one) => one.endsWith("Command")),
      errors: names.filter((one) => !one.endsWith("Command") && one !== client),
    };
  });
  return { services, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function bundleOf(options: BuildOptions, outfile: string): Promise<Readonly<Record<string, Classes>>> {
  await build({ ...options, outfile });
  return createRequire(import.meta.url)(outfile) as Readonly<Record<string, Classes>>;
}

/** The classes that the deployed code imports of each client's package; its types leave nothing in a bundle. */
function imports(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const folder of ["lib", "functions"].map((name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))))
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts")))
      for (const [, names = "", name = ""] of readFileSync(join(folder, file), "utf8").matchAll(
        /^import \{([^}]*)\} from "@aws-sdk\/client-([\w-]+)";/gm,
      )) {
        const own = names.split(",").map((one) => one.trim());
        const classes = own.filter((one) => one !== "" && !one.startsWith("type "));
        const all = [...(found.get(name) ?? []), ...classes.map((one) => one.replace(/^paginate(\w+)$/, "$1Command"))];
        found.set(name, new Set(all));
      }
  return new Map([...found].map(([name, names]) => [name, [...names].toSorted()]));
}

/** A client whose requests are answered here. It is bounded as the functions' are. */
export function clientOf(service: Service, way: Way, answer: (sent: Sent) => Reply | Promise<Reply>, more: object = {}) {
  const Client = service[way][service.client];
  if (Client === undefined) throw new Error(`There is no client of ${service.name}.`);
  const requestHandler = {
    handle: async (sent: Sent) => {
      const { statusCode, headers, body } = await answer(sent);
      return { response: { statusCode, headers: { ...headers }, body: new Blob([body]).stream() } };
    },
    metadata: { handlerProtocol: "http/1.1" },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
  return new Client({ maxAttempts: 4, retryMode: "standard", requestHandler, ...more }) as Client;
}

export function commandOf(service: Service, way: Way, name: string, input: unknown): Command {
  const Made = service[way][name];
  if (Made === undefined) throw new Error(`There is no ${name} in ${service.name}.`);
  return new Made(input) as Command;
}
