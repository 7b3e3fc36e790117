// The bundles find AWS where the SDK's own rules find it, in every Region of every partition; what they do not know they refuse.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { shaken } from "../../scripts/build/shaken.ts";
import { asInAFunction, bothSdks, clientOf, commandOf, ways, type Service } from "./sdks.ts";

let services: readonly Service[] = [];
let remove: () => Promise<void> = () => Promise.resolve();
beforeAll(async () => ({ services, remove } = await bothSdks()));
afterAll(() => remove());
beforeEach(asInAFunction);
afterEach(() => {
  vi.unstubAllEnvs();
});

interface Partition {
  readonly id: string;
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
}
const list = join(shaken.absWorkingDir, "node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js");
const { partitions } = JSON.parse(/\{[^]*\}/.exec(readFileSync(list, "utf8"))?.[0] ?? "") as { readonly partitions: readonly Partition[] };

/** Those that exist, and one in each partition that does not yet. A function never runs in what stands for a whole partition. */
const regions = partitions.flatMap(({ regions: known, id }) => [
  ...Object.keys(known).filter((region) => !region.endsWith("-global")),
  { aws: "eu-new-9", "aws-cn": "cn-new-9", "aws-eusc": "eusc-de-new-9", "aws-us-gov": "us-gov-new-9" }[id] ??
    `${
      Object.keys(known)
        .find((region) => !region.includes("global"))
        ?.replace(/-\w+-\d+$/, "") ?? ""
    }-new-9`,
]);

const asked = (service: Service): Readonly<Record<string, unknown>> => (service.name === "s3" ? { Bucket: "drawbridge-checkpoints" } : {});
const endpointAt = (service: Service, way: (typeof ways)[number], what: Readonly<Record<string, unknown>>): unknown => {
  const { url, ...rest } = clientOf(service, way, () => Promise.reject(new Error("nothing is sent"))).config.endpointProvider({
    UseFIPS: false,
    UseDualStack: false,
    ...asked(service),
    ...what,
  });
  return { url: url.href, ...rest };
};

test("the same endpoint in every Region", () => {
  expect(regions.length).toBeGreaterThan(40);
  for (const service of services)
    for (const Region of [...regions, "nowhere-1"]) {
      const [published, bundled] = ways.map((way) => endpointAt(service, way, { Region }));
      expect(bundled, `${service.name} in ${Region}`).toEqual(published);
    }
});

test("the same endpoint where one is given", () => {
  for (const service of services)
    for (const Endpoint of ["http://127.0.0.1:4566", "http://localhost:4566/", "https://vpce-0a1b.example/a/path"]) {
      const [published, bundled] = ways.map((way) => endpointAt(service, way, { Region: "eu-west-1", Endpoint }));
      expect(bundled, `${service.name} at ${Endpoint}`).toEqual(published);
    }
});

test.each([
  ["AWS_USE_FIPS_ENDPOINT", "true"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "true"],
  ["AWS_ACCOUNT_ID_ENDPOINT_MODE", "required"],
])("%s is refused rather than passed over", async (name, value) => {
  vi.stubEnv(name, value);
  const asks = services.filter((one) => !["s3", "route-53"].includes(one.name) && (value !== "required" || one.name === "dynamodb"));
  expect(asks.length).toBeGreaterThan(0);
  for (const service of asks) {
    const client = clientOf(service, "bundled", () => Promise.reject(new Error("It has been sent.")));
    const sending = client.send(commandOf(service, "bundled", service.commands[0] ?? "", {}));
    await expect(sending, service.name).rejects.toThrow(/No function can call .* but at its Region's own endpoint/);
  }
});

test("DynamoDB is called in the Region also where the environment names the account, whose own endpoint the SDK would prefer", () => {
  const dynamodb = services.find(({ name }) => name === "dynamodb");
  if (dynamodb === undefined) throw new Error("DynamoDB is not called.");
  const asking = { Region: "eu-west-1", AccountId: "111111111111", AccountIdEndpointMode: "preferred" };
  const [published, bundled] = ways.map((way) => endpointAt(dynamodb, way, asking));
  expect(published).toMatchObject({ url: "https://111111111111.ddb.eu-west-1.amazonaws.com/" });
  expect(bundled).toMatchObject({ url: "https://dynamodb.eu-west-1.amazonaws.com/" });
});
