// Left out of the SDK: the rules that find a service's endpoint, where for a function they always come to the same form.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectDigest, replaced, type Edit } from "./edits.ts";
import { suffixes } from "./regional-endpoint.ts";

interface Rules {
  readonly host: string;
  /** The digests of the texts that ask the rules, and that hold them. */
  readonly resolver: string;
  readonly rules: string;
}

/**
 * A client carries a decision diagram and what evaluates it. For these services, without FIPS, without dual stack and with nothing
 * that names another endpoint, it comes to `https://<host>.<Region>.<suffix of the partition>` in every Region of every partition,
 * or to the endpoint given (AWS_ENDPOINT_URL): test/build/endpoints.test.ts compares the two for all that the SDK knows. The others
 * are refused. DynamoDB has endpoints by account as well, for a client that knows its account, which a function's does not; the SDK
 * says itself that the Region's will do ("preferred").
 *
 * S3 and Route 53 keep their rules: S3's depend on the bucket's name, and Route 53 is one place for each partition.
 */
const services: Readonly<Record<string, Rules>> = {
  dynamodb: { host: "dynamodb", resolver: "e701630d92948e77", rules: "341527afd8ec379b" },
  ec2: { host: "ec2", resolver: "b348b10ade00971a", rules: "7e892c6ce6aebc1e" },
  eventbridge: { host: "events", resolver: "e8d58873bb225e7f", rules: "3d19af103e592d4c" },
  "secrets-manager": { host: "secretsmanager", resolver: "b348b10ade00971a", rules: "ba2caf1d9d6f423e" },
  sns: { host: "sns", resolver: "b348b10ade00971a", rules: "96f4044c254159f0" },
  sqs: { host: "sqs", resolver: "b348b10ade00971a", rules: "2cfd89fddf235430" },
  sts: { host: "sts", resolver: "85d0f4cfcaab244f", rules: "ffd40553d0b97c36" },
};

const ours = fileURLToPath(new URL("regional-endpoint.ts", import.meta.url));

const regional = Object.entries(services).map(([client, { host, resolver, rules }]): Edit => ({
  file: `@aws-sdk/client-${client}/dist-es/endpoint/endpointResolver.js`,
  digest: resolver,
  text: (_, path) => {
    const diagram = join(dirname(path), "bdd.js");
    expectDigest(readFileSync(diagram, "utf8"), rules, diagram);
    expectPartitions(join(dirname(path), "../../../core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js"));
    return `import { regionalEndpoint } from ${JSON.stringify(ours)};
export const defaultEndpointResolver = /* @__PURE__ */ regionalEndpoint(${JSON.stringify(host)});`;
  },
}));

/**
 * The functions that the rules of all AWS services use, with all partitions and Regions in them, hand themselves to whatever rules
 * there are. The clients that have rules fetch them as well.
 */
const functions: Edit = {
  file: "@aws-sdk/core/dist-es/submodules/client/util-endpoints/aws.js",
  digest: "e9427ca885f06c6f",
  text: (source) => replaced(source, "customEndpointFunctions.aws = awsEndpointFunctions;", undefined, ""),
};

/** The rules may say how to sign as well, and two of the clients ask them so before each call; the fixed endpoints say nothing of it. */
const schemes = [
  { client: "eventbridge", name: "EventBridge", digest: "9d2fc07ba0aafb75" },
  { client: "sts", name: "STS", digest: "f18dc5226630dc00" },
].map(({ client, name, digest }): Edit => ({
  file: `@aws-sdk/client-${client}/dist-es/auth/httpAuthSchemeProvider.js`,
  digest,
  text: (source) => {
    const asking = "const createEndpointRuleSetHttpAuthSchemeParametersProvider = ";
    const answering = "const createEndpointRuleSetHttpAuthSchemeProvider = ";
    return replaced(
      replaced(source, asking, `const _default${name}HttpAuthSchemeParametersProvider = `, `${asking}(given) => given;\n`),
      answering,
      `const _default${name}HttpAuthSchemeProvider = `,
      `${answering}(_, given) => given;\n`,
    );
  },
}));

export const endpoints: readonly Edit[] = [...regional, ...schemes, functions];

interface Partitions {
  readonly partitions: readonly { readonly regionRegex: string; readonly outputs: { readonly dnsSuffix: string } }[];
}

/** The SDK's partitions are those that the bundles know. */
function expectPartitions(path: string): void {
  const [, json = ""] = /^export const partitionsInfo = (\{[^]*\});\s*$/.exec(readFileSync(path, "utf8")) ?? [];
  const { partitions } = JSON.parse(json) as Partitions;
  const known = partitions.map(({ regionRegex, outputs }) => `${regionRegex.replaceAll(String.raw`\-`, "-")} ${outputs.dnsSuffix}`);
  const bundled = suffixes.map(([{ source }, suffix]) => `${source} ${suffix}`);
  if (known.join("\n") !== bundled.join("\n"))
    throw new Error(`${path} lists other partitions than scripts/build/regional-endpoint.ts: ${known.join(", ")}`);
}
