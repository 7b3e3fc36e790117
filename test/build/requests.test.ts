// What is left out of the SDK's clients changes no request: the bundles' clients send byte for byte what the published ones send.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { asInAFunction, bothSdks, clientOf, commandOf, ways, type Client, type Sent, type Service, type Way } from "./sdks.ts";
import { inputOf } from "./shapes.ts";

let services: readonly Service[] = [];
let remove: () => Promise<void> = () => Promise.resolve();
beforeAll(async () => ({ services, remove } = await bothSdks()));
afterAll(() => remove());

beforeEach(() => {
  asInAFunction();
  // The date is signed, and so is the number that makes a call and its retries one.
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-24T05:14:00.000Z") });
  vi.spyOn(globalThis.crypto, "randomUUID").mockReturnValue("01234567-89ab-4def-8123-456789abcdef");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What would go over the wire, and what the client warned of. */
async function requestOf(service: Service, way: Way, command: string, input: unknown): Promise<unknown> {
  const sent: Sent[] = [];
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const client = clientOf(service, way, (request) => {
    sent.push(request);
    throw new Error("It has been sent.");
  });
  await client.send(commandOf(service, way, command, input)).catch((error: unknown) => {
    if (sent.length === 0) throw error;
  });
  const warned = warn.mock.calls.map((said) => said.join(" "));
  warn.mockRestore();
  const [first] = sent;
  if (first === undefined) throw new Error(`${command} was answered without a request.`);
  const { method, protocol, hostname, port, path, query, headers, body } = first;
  return { method, protocol, hostname, port, path, query, headers: Object.entries(headers), body: bytesOf(body), warned };
}

/** A body is a text or bytes, in whatever class of the SDK's. */
const bytesOf = (body: unknown): unknown =>
  body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString() : body;

async function bothRequests(service: Service, command: string, input: unknown): Promise<readonly unknown[]> {
  const both: unknown[] = [];
  for (const way of ways) both.push(await requestOf(service, way, command, input));
  return both;
}

const anyInput = (service: Service, command: string): fc.Arbitrary<unknown> =>
  inputOf(commandOf(service, "published", command, {}).schema[4]);

test("every command that the functions send, with whatever its schema allows", async () => {
  expect(services.flatMap(({ commands }) => commands).length).toBeGreaterThan(30);
  for (const service of services)
    for (const command of service.commands)
      await fc.assert(
        fc.asyncProperty(anyInput(service, command), async (input) => {
          const [published, bundled] = await bothRequests(service, command, input);
          expect(bundled, `${service.name} ${command}`).toEqual(published);
        }),
        { numRuns: 12, seed: 1 },
      );
});

const regions = (
  "us-east-1 us-west-2 eu-west-1 eu-central-1 ap-southeast-7 il-central-1 mx-central-1 " +
  "cn-north-1 cn-northwest-1 us-gov-west-1 us-gov-east-1 eusc-de-east-1 us-iso-east-1"
).split(" ");

test.each(regions)("in %s", async (region) => {
  vi.stubEnv("AWS_REGION", region);
  for (const service of services) {
    const [command = ""] = service.commands;
    const [input] = fc.sample(anyInput(service, command), { numRuns: 1, seed: 7 });
    const [published, bundled] = await bothRequests(service, command, input);
    expect(bundled, service.name).toEqual(published);
  }
});

test("to the endpoint that AWS_ENDPOINT_URL names, for all services or for one, through Node's own HTTP client", async () => {
  const seen: string[] = [];
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const server = createServer((request, response) => {
    void wholeOf(request).then((whole) => {
      seen.push(whole);
      response.writeHead(400, { "content-type": "text/plain" }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  try {
    for (const [name, url] of [
      ["AWS_ENDPOINT_URL", `http://127.0.0.1:${String(port)}`],
      ["AWS_ENDPOINT_URL", `http://127.0.0.1:${String(port)}/under/a/path`],
      ["AWS_ENDPOINT_URL_SNS", `http://127.0.0.1:${String(port)}/`],
    ] as const) {
      vi.stubEnv("AWS_ENDPOINT_URL", undefined);
      vi.stubEnv(name, url);
      for (const service of name === "AWS_ENDPOINT_URL" ? services : services.filter(({ name: only }) => only === "sns")) {
        const [command = ""] = service.commands;
        const [any] = fc.sample(anyInput(service, command), { numRuns: 1, seed: 7 });
        // A queue is called where its own URL says.
        const input = service.name === "sqs" ? { ...(any as object), QueueUrl: new URL("/111111111111/queue", url).href } : any;
        for (const way of ways) {
          const Made = service[way][service.client];
          if (Made === undefined) throw new Error("no client");
          const client = new Made({ maxAttempts: 1, retryMode: "standard", requestHandler: { requestTimeout: 8000 } }) as Client;
          await client.send(commandOf(service, way, command, input)).catch(() => undefined);
        }
        expect(seen, `${service.name} at ${url}`).toHaveLength(2);
        const [published, bundled] = seen.splice(0);
        expect(bundled, `${service.name} at ${url}`).toBe(published);
      }
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("the same time-outs, also those that a client hands to its HTTP handler by itself", async () => {
  vi.stubEnv("AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026", "true");
  for (const service of services) {
    const [published, bundled] = await Promise.all(
      ways.map(async (way) => {
        const requestHandler = { connectionTimeout: 2000, requestTimeout: 8000 };
        const { config } = clientOf(service, way, () => Promise.reject(new Error("nothing is sent")), { requestHandler });
        const settled = (await Reflect.get(config.requestHandler, "configProvider")) as Record<string, unknown>;
        // The SDK knows its own silent logger by the name of its class, which minifying takes away; then the handler is silent as well.
        return Object.fromEntries(Object.entries(settled).filter(([, value]) => typeof value === "number"));
      }),
    );
    // S3's client sets no such time.
    expect(Object.keys(published ?? {}).includes("defaultSocketTimeout"), service.name).toBe(service.name !== "s3");
    expect(bundled, service.name).toEqual(published);
  }
});

/** The request as it came: its line, its headers in their order and spelling, its body. */
async function wholeOf(request: IncomingMessage): Promise<string> {
  const { method = "", url = "", httpVersion, rawHeaders } = request;
  return [`${method} ${url} HTTP/${httpVersion}`, ...rawHeaders, await text(request)].join("\n");
}
