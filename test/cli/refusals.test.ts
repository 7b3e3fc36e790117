// Whatever goes wrong on the way is one clear line and exit code 1; wrong usage is 2.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { secretAccessKey, signedServer, type Answer, type SignedServer } from "./signed-server.ts";
import { typed, type Setting } from "./typed.ts";

let server: SignedServer | undefined;

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

const answering = async (answer: Answer | ((count: number) => Answer), args: readonly string[] = ["list"], setting: Setting = {}) => {
  const made = await signedServer(() => (typeof answer === "function" ? answer(made.asked.length) : answer));
  server = made;
  return typed(args, { api: made.url, ...setting });
};
const problem = (status: number, body: unknown, type?: string): Answer => ({ status, body, ...(type === undefined ? {} : { type }) });

test.each<[string, Answer, string]>([
  [
    "no permission",
    problem(403, { message: "Forbidden" }),
    "drawbridge: The identity of access key AKIDEXAMPLE may not GET /entries; it needs the permission execute-api:Invoke on this API; aws sts get-caller-identity tells who you are\n",
  ],
  [
    "no permission, in IAM's words",
    problem(403, { Message: "User: arn:aws:iam::111111111111:user/eve is not authorized to perform: execute-api:Invoke on resource: x" }),
    "drawbridge: arn:aws:iam::111111111111:user/eve may not GET /entries; it needs the permission execute-api:Invoke on this API; aws sts get-caller-identity tells who you are\n",
  ],
  [
    "expired credentials",
    problem(403, { message: "The security token included in the request is expired" }),
    "drawbridge: The AWS credentials (access key AKIDEXAMPLE) have expired; sign in again, for example with: aws sso login\n",
  ],
  [
    "a wrong secret",
    problem(403, { message: "The request signature we calculated does not match the signature you provided." }),
    "drawbridge: AWS does not take the credentials (access key AKIDEXAMPLE): The request signature we calculated does not match the signature you provided; check AWS_PROFILE, the secret key, the Region and this machine's clock\n",
  ],
  [
    "a throttled API",
    problem(429, { message: "Too Many Requests" }),
    "drawbridge: The API is throttled: too many requests; try again in a minute\n",
  ],
  [
    "another API",
    problem(404, { message: "Not Found" }),
    "does not answer as a Drawbridge does (HTTP 404); check --api or DRAWBRIDGE_API\n",
  ],
  [
    "a web page",
    problem(200, "<html>hello</html>", "text/html"),
    "does not answer as a Drawbridge does (HTTP 200); check --api or DRAWBRIDGE_API\n",
  ],
  [
    "a time-out",
    problem(504, { message: "Endpoint request timed out" }),
    "drawbridge: The API did not answer in time (HTTP 504); try again; what was begun may have been done\n",
  ],
  [
    "a fault inside",
    problem(500, {
      error: { code: "Failed", message: "Drawbridge failed at this request.", remedy: "look for r-1 in the function's log" },
    }),
    "drawbridge: Drawbridge failed at this request; look for r-1 in the function's log\n",
  ],
])("%s is one line", async (_, answer, line) => {
  const { code, out, err } = await answering(answer);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err.endsWith(line), err).toBe(true);
  expect(err.split("\n")).toHaveLength(2);
});

test("what was throttled is tried again", async () => {
  expect(
    await answering((count) => (count < 3 ? problem(429, { message: "Too Many Requests" }) : problem(200, { items: [] }))),
  ).toMatchObject({ code: 0 });
  expect(server?.asked).toHaveLength(3);
});

test("a change that may have been done is not sent again by itself", async () => {
  const tried = await answering(problem(503, { message: "Service Unavailable" }), ["approve", "vpce-0123456789abcdef0"]);
  expect(tried).toMatchObject({ code: 1, err: expect.stringContaining("what was begun may have been done") });
  expect(server?.asked).toHaveLength(1);
});

test("nobody listening", async () => {
  const gone = await signedServer(() => problem(200, {}));
  await gone.close();
  expect(await typed(["list"], { api: gone.url })).toMatchObject({
    code: 1,
    err: `drawbridge: Nothing answers at ${gone.url} (ECONNREFUSED); check --api or DRAWBRIDGE_API, and the network\n`,
  });
});

test("no credentials", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
  const { code, err } = await answering(problem(200, { items: [] }));
  expect({ code, lines: err.split("\n").length }).toEqual({ code: 1, lines: 2 });
  expect(err).toContain("No AWS credentials were found");
  expect(server?.asked).toEqual([]);
});

test("the Region is the host's own, else that of the settings; without one it is said", async () => {
  await answering(problem(200, { items: [] }), ["list"], { env: { AWS_REGION: "ap-south-1" } });
  expect(server?.asked[0]?.headers.authorization).toContain("/ap-south-1/execute-api/");
  const none = await typed(["list"], { api: server?.url ?? "", env: { AWS_REGION: "" } });
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining("set AWS_REGION") });
});

test.each<[string, string]>([
  ["", "drawbridge: who may connect"],
  ["alow 222222222222", "did you mean allow?"],
  ["lsit", "did you mean list?"],
  ["services ad x", "did you mean services add?"],
  ["list --servce x", "there is no option --servce; did you mean --service?"],
  ["list --service", "--service needs a value"],
  ["list --service a --service b", "--service is given twice"],
  ["list --json=yes", "--json takes no value"],
  ["list more", "more is too much"],
  ["approve", "something is missing: drawbridge approve <endpoint>"],
  ["approve ", "an empty word stands where <endpoint> is wanted"],
  ["services add vpce-svc-0123456789abcdef0", "give --zone, or else --no-names"],
  ["allow 22222 --service *", "twelve digits"],
  ["allow 222222222222", "--service is missing"],
  ["show acme", "acme is not an id that Drawbridge knows"],
  ["list", "no API address is given"],
  ["list --api example.com", "example.com is not an address"],
  ["list --api http://example.com", "http://example.com is not encrypted"],
])("wrong usage: drawbridge %s", async (line, said) => {
  const { code, out, err } = await typed(line === "" ? [] : line.split(" "));
  expect(`${out}${err}`).toContain(said);
  expect(code).toBe(line === "" ? 0 : 2);
});

test("with --json a failure is one document on stdout, and the line on stderr", async () => {
  const { out, err } = await answering(
    problem(409, { error: { code: "VersionClash", message: "not at version 1", remedy: "look again" } }),
    ["list", "--json"],
  );
  expect(JSON.parse(out)).toEqual({ error: { code: "VersionClash", message: "not at version 1", remedy: "look again" } });
  expect(err).toBe("drawbridge: not at version 1; look again\n");
});

test("a server's words steer no terminal", async () => {
  const { err } = await answering(problem(409, { error: { code: "X", message: "a\u001b[2Jb\nc" } }));
  expect(err).toBe("drawbridge: a\\u{1b}[2Jb\\u{a}c\n");
});

test("an answer that comes compressed is read as any other", async () => {
  const items = Array.from({ length: 6000 }, (_, index) => ({
    name: `approver-${String(index)}`,
    email: `${"x".repeat(150)}@example.com`,
  }));
  const { code, out, err } = await answering({ status: 200, body: { items, warnings: [] } }, ["approvers", "list", "--json"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect((JSON.parse(out) as { items: object[] }).items).toHaveLength(6000);
  expect(server?.asked[0]).toMatchObject({ signed: true, headers: { "accept-encoding": "gzip" } });
});
