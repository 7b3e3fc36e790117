// Left out of the SDK: what it does only when told to, and nobody of ours tells it.
import { refusal, replaced, type Edit } from "./edits.ts";

export const neverCalled: readonly Edit[] = [
  {
    // Calls that stream events, in the protocols of all services.
    file: "@smithy/core/dist-es/submodules/protocols/HttpProtocol.js",
    digest: "af4f0e3d3b7168d8",
    text: (source) => {
      const refuse = `    async serializeEventStream() { ${refusal("stream events")} }
    async deserializeEventStream() { return this.serializeEventStream(); }
`;
      const requests = replaced(source, "    async serializeEventStream(", "    getDefaultContentType() {", refuse);
      // How errors are found in CBOR, which no service of ours is spoken to in.
      return replaced(requests, "    resolveError(", "    async serializeEventStream(", "");
    },
  },
  {
    // Their codecs, with their checksums. S3's client makes one when it starts, for a call that nobody makes.
    file: "@smithy/core/dist-es/submodules/event-streams/index.js",
    digest: "261c2b96dec39e36",
    text: () => `export const eventStreamSerdeProvider = () => undefined;
export const resolveEventStreamSerdeConfig = (config) => config;`,
  },
  {
    // Looking DynamoDB's endpoint up, which none of its commands does any more; the client only gets ready for it.
    file: "@aws-sdk/middleware-endpoint-discovery/dist-es/index.js",
    digest: "72f0d23de5530dcb",
    text: () => `export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = { environmentVariableSelector() {}, configFileSelector() {} };
export const resolveEndpointDiscoveryConfig = (config) => config;`,
  },
  {
    file: "@aws-sdk/client-dynamodb/dist-es/DynamoDBClient.js",
    digest: "a334c1efaa553fa1",
    text: (source) => source.replace("{ endpointDiscoveryCommandCtor: DescribeEndpointsCommand }", "{}"),
  },
  {
    // Telling a client's logger of each call, for which all that was sent and received is walked through once more. No client has one.
    file: "@aws-sdk/core/dist-es/submodules/client/middleware-logger/loggerMiddleware.js",
    digest: "0448f287de166454",
    text: (source) => replaced(source, "clientStack.add(loggerMiddleware(), loggerMiddlewareOptions);", undefined, "} });"),
  },
  {
    // What that logger would not be shown.
    file: "@smithy/core/dist-es/submodules/client/smithy-client/schemaLogFilter.js",
    digest: "1ae587578e426ed8",
    text: () => `export function schemaLogFilter() { ${refusal("show a logger what was sent")} }`,
  },
  {
    // Retries whose pace is measured. lib/aws/clients.ts asks for the standard ones, whatever the environment says.
    file: "@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js",
    digest: "826965148cb6b0f7",
    text: () => `export class AdaptiveRetryStrategy { constructor() { ${refusal("retry adaptively")} } }`,
  },
  {
    // How times are read, a second time: newer code of the same package reads them too, and one of both is enough. How a time is
    // written for a header is how JavaScript writes it.
    file: "@smithy/core/dist-es/submodules/serde/date-utils.js",
    digest: "9b64f13c90463b44",
    text: () => `export {
  _parseEpochTimestamp as parseEpochTimestamp,
  _parseRfc3339DateTimeWithOffset as parseRfc3339DateTime,
  _parseRfc3339DateTimeWithOffset as parseRfc3339DateTimeWithOffset,
  _parseRfc7231DateTime as parseRfc7231DateTime,
} from "./schema-serde-lib/schema-date-utils";
export const dateToUtcString = (date) => date.toUTCString();`,
  },
  {
    // What extensions of a client could change; without one, everything is put back where it was taken from. What must stay is
    // that the client's time-outs are handed to its HTTP handler.
    file: "@aws-sdk/client-*/dist-es/runtimeExtensions.js",
    digest: "91acbc1e819f62b2",
    text: () => `import { getHttpHandlerExtensionConfiguration } from "@smithy/core/protocols";
export const resolveRuntimeExtensions = (config, extensions) => {
  if (extensions.length > 0) ${refusal("extend a client")}
  getHttpHandlerExtensionConfiguration(config);
  return config;
};`,
  },
];
