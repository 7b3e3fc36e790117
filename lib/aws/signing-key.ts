// The KMS key that signs checkpoints: two calls, signed by hand, since its client would be the largest part of the function.

import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { Fault } from "../faults.ts";
import type { SigningKey } from "../ports.ts";
import { calling } from "./errors.ts";
import { pause } from "./pause.ts";
import { pemOf } from "./public-keys.ts";

const algorithm = "ECDSA_SHA_256";
/** What KMS takes as it is; a statement is some 500 bytes. */
const textBytesMax = 4096;
const triesMax = 4;
const patienceMilliseconds = 8000;

/** The key by its ARN, which names its Region; `endpoint` is where AWS's endpoints are stood in for. */
export function kmsKey(arn: string, endpoint?: string): SigningKey {
  const kms = kmsCalls(arn, endpoint);
  return {
    arn,
    sign: async (text) => {
      const bytes = Buffer.from(text, "utf8");
      if (bytes.length > textBytesMax)
        throw new Fault("TooLarge", "kms:Sign", `a statement of ${String(bytes.length)} bytes is too long to sign`, false);
      const reply = await kms("Sign", { KeyId: arn, Message: bytes.toString("base64"), MessageType: "RAW", SigningAlgorithm: algorithm });
      return textOf(reply, "Signature", "kms:Sign");
    },
    publicKey: async () => pemOf(Buffer.from(textOf(await kms("GetPublicKey", { KeyId: arn }), "PublicKey", "kms:GetPublicKey"), "base64")),
  };
}

type Reply = Readonly<Record<string, unknown>>;

const kmsCalls =
  (arn: string, endpoint: string | undefined) =>
  (action: string, input: object): Promise<Reply> =>
    calling(
      `kms:${action}`,
      async () => {
        for (let tries = 1; ; tries += 1) {
          const { status, said } = await send(arn, endpoint, action, input);
          if (status === 200) return said;
          const { __type: type = String(status), message, Message } = said;
          const isPassing = status >= 500 || /Throttl/.test(String(type));
          if (!isPassing || tries === triesMax)
            throw Object.assign(new Error([message, Message].find((one) => typeof one === "string") ?? "it gave no reason"), {
              name: String(type).split("#").at(-1),
              $metadata: { httpStatusCode: status },
            });
          await pause(tries);
        }
      },
      `key ${arn}`,
    );

async function send(arn: string, endpoint: string | undefined, action: string, input: object): Promise<{ status: number; said: Reply }> {
  const [, partition = "aws", , region = ""] = arn.split(":");
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  const url = new URL(endpoint ?? `https://kms.${region}.${suffix}`);
  const body = JSON.stringify(input);
  const signer = new SignatureV4({ service: "kms", region, credentials: credentials(), sha256: Sha256 });
  const signed = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: "/",
    headers: { host: url.host, "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` },
    body,
  });
  const { host: _, ...headers } = signed.headers;
  const reply = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(patienceMilliseconds) });
  const said = (await reply.json().catch(() => ({}))) as Reply;
  return { status: reply.status, said };
}

let provider: ReturnType<typeof defaultProvider> | undefined;
const credentials = (): ReturnType<typeof defaultProvider> => (provider ??= defaultProvider());

function textOf(reply: Reply, member: string, action: string): string {
  const value = reply[member];
  if (typeof value === "string" && value !== "") return value;
  throw new Fault("Unexpected", action, `KMS answered without ${member}`, true);
}
