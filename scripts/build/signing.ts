// Left out of the SDK: signatures that nobody asks for, and the hashes that Node has of its own.
import { refusal, replaced, type Edit } from "./edits.ts";

/** Takes the place of a hash written in JavaScript, which the SDK falls back on when Node has none. */
const nodeHas = (name: string, algorithm: string): string =>
  `export class ${name} { constructor() { ${refusal(`hash with ${algorithm} other than by Node`)} } }`;

export const signing: readonly Edit[] = [
  {
    // Requests are signed in their headers. Presigned addresses and the events of a stream are not made.
    file: "@smithy/signature-v4/dist-es/SignatureV4.js",
    digest: "634af3e93dc5f4b2",
    text: (source) => {
      const requests = replaced(
        source,
        "    async presign(",
        "    async sign(",
        `    async presign() { ${refusal("presign a request")} }\n`,
      );
      const events = `    async signEvent() { ${refusal("sign an event or a message")} }\n    async signMessage() { return this.signEvent(); }\n`;
      return replaced(requests, "    async signEvent(", "    async signString(", events)
        .replace(/^import \{ HeaderFormatter \}.*\n/m, "")
        .replace("    headerFormatter = new HeaderFormatter();\n", "");
    },
  },
  {
    file: "@aws-sdk/core/dist-es/submodules/httpAuthSchemes/aws_sdk/AwsSdkSigV4ASigner.js",
    digest: "bc9ef4fd66809df9",
    text: () => `export class AwsSdkSigV4ASigner { async sign() { ${refusal("sign for several Regions at once")} } }`,
  },
  {
    file: "@aws-sdk/core/dist-es/submodules/httpAuthSchemes/aws_sdk/resolveAwsSdkSigV4AConfig.js",
    digest: "50a1fce6f6150a04",
    text: () => `export const resolveAwsSdkSigV4AConfig = (config) => config;
export const NODE_SIGV4A_CONFIG_OPTIONS = { environmentVariableSelector() {} };`,
  },
  {
    // A signature for several Regions at once (SigV4a) needs a package that isn't installed; the SDK refuses it then too, at more length.
    file: "@aws-sdk/signature-v4-multi-region/dist-es/SignatureV4MultiRegion.js",
    digest: "b85448d40b79c5a9",
    text: () => `import { SignatureV4 } from "@smithy/signature-v4";
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency() { return "none"; }
  async sign(request, options = {}) {
    if (options.signingRegion === "*") ${refusal("sign for several Regions at once")}
    return super.sign(request, options);
  }
  async signWithCredentials() { ${refusal("sign for a bucket of S3 Express")} }
}`,
  },
  {
    file: "@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js",
    digest: "54d26649ccb5c6f5",
    text: () => nodeHas("Sha256Js", "SHA-256"),
  },
  { file: "@smithy/core/dist-es/submodules/checksum/md5/Md5Js.js", digest: "b80b06322eea1713", text: () => nodeHas("Md5Js", "MD5") },
  { file: "@aws-sdk/checksums/dist-es/submodules/sha/sha1/Sha1Js.js", digest: "263a990646d5664f", text: () => nodeHas("Sha1Js", "SHA-1") },
];
