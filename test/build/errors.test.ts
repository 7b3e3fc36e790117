// What AWS refuses reads the same in the bundles: names, codes, messages, fields, classes asked for; and it is tried again as often, as late.
import { NormalizedSchema } from "@smithy/core/schema";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { asFault } from "../../lib/aws/errors.ts";
import { asInAFunction, bothSdks, clientOf, commandOf, ways, type Reply, type Service, type Way } from "./sdks.ts";
import { volume } from "../volume.ts";

let services: readonly Service[] = [];
let remove: () => Promise<void> = () => Promise.resolve();
beforeAll(async () => ({ services, remove } = await bothSdks()));
afterAll(() => remove());
beforeEach(() => {
  asInAFunction();
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: new Date("2026-11-24T05:14:00.000Z") });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  vi.spyOn(globalThis.crypto, "randomUUID").mockReturnValue("01234567-89ab-4def-8123-456789abcdef");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface WireError {
  readonly code: string;
  /** Where it is a shape's: its name there. */
  readonly name: string;
  readonly namespace: string;
  readonly status: number;
  readonly fields: readonly string[];
}

const requestId = "11111111-2222-3333-4444-555555555555";
const fieldsOf = ({ fields }: WireError): string => fields.map((name) => `<${name}>of ${name}</${name}>`).join("");

/** The error as each service writes it. */
function onTheWire(service: string, error: WireError): Reply {
  const { code, name, namespace, status } = error;
  const message = `It is refused & "${name}" says so.`;
  const xml = (body: string): Reply => ({
    statusCode: status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  });
  const said = `<Code>${code}</Code><Message>${message.replace("&", "&amp;")}</Message>`;
  switch (service) {
    case "sns":
    case "sts":
      return xml(
        `<ErrorResponse><Error><Type>Sender</Type>${said}${fieldsOf(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    case "ec2":
      return xml(`<Response><Errors><Error>${said}</Error></Errors><RequestID>${requestId}</RequestID></Response>`);
    case "s3":
      return xml(`<Error>${said}${fieldsOf(error)}<RequestId>${requestId}</RequestId><HostId>host</HostId></Error>`);
    case "route-53":
      return xml(
        `<ErrorResponse><Error><Type>Sender</Type>${said}${fieldsOf(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    default:
      return {
        statusCode: status,
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amzn-requestid": requestId,
          ...(service === "sqs" ? { "x-amzn-query-error": `${code};Sender` } : {}),
        },
        body: JSON.stringify({
          __type: `${namespace}#${name}`,
          message,
          ...Object.fromEntries(error.fields.map((field) => [field, `of ${field}`])),
        }),
      };
  }
}

/** Every error that the SDK has a shape for, as AWS's model of the service says it is written. */
async function modelled(service: Service): Promise<readonly WireError[]> {
  const all = Object.values((await import(`@aws-sdk/client-${service.name}`)) as Readonly<Record<string, unknown>>);
  return all
    .filter((one): one is readonly [number, string, string] => Array.isArray(one) && one[0] === -3)
    .filter(([, namespace]) => !namespace.startsWith("smithy.ts.sdk.synthetic"))
    .map((shape) => {
      const [, namespace, name] = shape;
      const schema = NormalizedSchema.of(shape as never);
      const traits = schema.getMergedTraits() as { error?: string; httpError?: number; awsQueryError?: readonly [string, number] };
      const members = [...schema.structIterator()].filter(([field, member]) => member.isStringSchema() && !/^message$/i.test(field));
      return {
        namespace,
        name,
        code: traits.awsQueryError?.[0] ?? name,
        status: traits.httpError ?? (traits.error === "server" ? 500 : 400),
        fields: members.map(([field]) => field),
      };
    });
}

/** What no shape tells of: what EC2 answers at all, what all services answer, and what is new. */
const others = (
  "Throttling ThrottlingException RequestLimitExceeded SlowDown RequestTimeout PriorRequestNotComplete AccessDenied AccessDeniedException " +
  "UnauthorizedOperation ExpiredToken InvalidClientTokenId SignatureDoesNotMatch RequestTimeTooSkewed InvalidSignatureException " +
  "InvalidVpcEndpointServiceId.NotFound InternalError InternalFailure ServiceUnavailable NotFound SomethingNew"
)
  .split(" ")
  .flatMap((name) => [400, 429, 503].map((status) => ({ code: name, name, namespace: "com.amazonaws.any", status, fields: [] })));

const broken: readonly Reply[] = [
  { statusCode: 500, headers: {}, body: "" },
  { statusCode: 404, headers: {}, body: "" },
  {
    statusCode: 503,
    headers: { "content-type": "text/html", "retry-after": "2" },
    body: "<html><body>503 Service Unavailable</body></html>",
  },
  { statusCode: 502, headers: { "content-type": "application/json" }, body: '{"message":null}' },
  { statusCode: 400, headers: { "content-type": "text/plain" }, body: "no" },
];

interface Told {
  readonly attempts: number;
  /** Whose fault it is: by the shape, or where the bundle has none by the status. */
  readonly fault: unknown;
  readonly error: Readonly<Record<string, unknown>>;
  readonly fields: readonly (readonly [string, unknown])[];
}

type Thrown = Error & Readonly<Record<string, unknown>>;

/** A call that is always answered so: how often it was made, and what came of it. */
async function answered(service: Service, way: Way, reply: Reply): Promise<Told> {
  let attempts = 0;
  const client = clientOf(service, way, () => {
    attempts += 1;
    return reply;
  });
  const input = { Bucket: "drawbridge-checkpoints", Key: "one", HostedZoneId: "Z1", QueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/q" };
  const thrown: Thrown[] = [];
  void client.send(commandOf(service, way, service.commands[0] ?? "", input)).catch((error: unknown) => thrown.push(error as Thrown));
  while (thrown.length === 0) {
    // Time is ours: what waits to try again need not.
    await vi.runAllTimersAsync();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [error] = thrown;
  if (error === undefined) throw new Error("It was not refused.");
  const { code, retryable, message } = asFault("service:Action", error);
  return {
    attempts,
    fault: error["$fault"],
    error: {
      name: error.name,
      message: error.message,
      metadata: error["$metadata"],
      retryable: error["$retryable"],
      asWeSeeIt: { code, retryable, message },
      classes: service.errors.filter((name) => error instanceof (service[way][name] ?? Map)),
      isError: error instanceof Error,
    },
    // Some of the SDK's classes say the request's id once more, beside the metadata.
    fields: Object.entries(error).filter(([name]) => !name.startsWith("$") && name !== "RequestId"),
  };
}

async function expectAlike(service: Service, reply: Reply, what: string): Promise<readonly [published: Told, bundled: Told]> {
  const published = await answered(service, "published", reply);
  const bundled = await answered(service, "bundled", reply);
  expect(bundled.error, `${service.name}: ${what}`).toEqual(published.error);
  expect(bundled.attempts, `${service.name}: ${what}`).toBe(published.attempts);
  expect(Object.fromEntries(bundled.fields), `${service.name}: ${what}`).toEqual(Object.fromEntries(published.fields));
  return [published, bundled];
}

test("every error that the SDK has a shape for", async () => {
  let [errors, retried] = [0, 0];
  for (const service of services)
    for (const error of await modelled(service)) {
      const [published, bundled] = await expectAlike(service, onTheWire(service.name, error), error.name);
      expect(bundled.error["name"], service.name).toBe(error.name);
      expect(bundled.fault, `${service.name}: ${error.name}`).toBe(published.fault);
      errors += 1;
      if (bundled.attempts > 1) retried += 1;
    }
  expect(errors).toBeGreaterThan(200);
  expect(retried).toBeGreaterThan(10);
});

test("what no shape tells of, with any status", async () => {
  // Each code at each service, at one status of the three; in the long run at all.
  for (const [place, service] of services.entries())
    for (const error of others.filter((_, index) => (place + index) % volume(3, 1) === 0))
      await expectAlike(service, onTheWire(service.name, error), `${error.code} ${String(error.status)}`);
});

test("what is no error of AWS's", async () => {
  for (const service of services) for (const reply of broken) await expectAlike(service, reply, JSON.stringify(reply));
});

test("a call that comes through in the end", async () => {
  const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  for (const service of services.filter(({ name }) => ["dynamodb", "sqs", "sns", "ec2"].includes(name)))
    for (const first of [reset, onTheWire(service.name, throttled)]) {
      const came = [];
      for (const way of ways) came.push(await comingThrough(service, way, first));
      const [published, bundled] = came;
      expect(bundled, service.name).toEqual(published);
      expect(bundled, service.name).toMatchObject({ $metadata: { attempts: 3, httpStatusCode: 200 } });
    }
});

const throttled = { code: "ThrottlingException", name: "ThrottlingException", namespace: "com.amazonaws.any", status: 400, fields: [] };

/** What a call gives that fails twice and then does not. */
async function comingThrough(service: Service, way: Way, first: Error | Reply): Promise<unknown> {
  let attempts = 0;
  const client = clientOf(service, way, () => {
    attempts += 1;
    if (attempts === 3) return { statusCode: 200, headers: { "x-amzn-requestid": requestId }, body: "" };
    if (first instanceof Error) throw first;
    return first;
  });
  const came: unknown[] = [];
  void client.send(commandOf(service, way, service.commands[0] ?? "", {})).then((reply) => came.push(reply));
  while (came.length === 0) {
    await vi.runAllTimersAsync();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return came[0];
}
