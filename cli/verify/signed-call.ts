// One signed call to an AWS service whose client is not installed: a few calls need no client of their own.

export interface SignedCall {
  readonly service: "logs" | "elasticloadbalancing" | "cloudtrail";
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer as text; a refusal is thrown with AWS's code as its name. */
export async function signedCall({ service, region, headers, body }: SignedCall): Promise<string> {
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import("@smithy/signature-v4"),
    import("@smithy/core/checksum"),
    import("@aws-sdk/credential-provider-node"),
  ]);
  const url = new URL(process.env["AWS_ENDPOINT_URL"] ?? `https://${service}.${region}.amazonaws.com`);
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  const { headers: signed } = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    path: "/",
    headers: { host: url.host, ...headers },
    body,
  });
  const reply = await fetch(new URL("/", url), { method: "POST", headers: signed, body });
  const text = await reply.text();
  if (!reply.ok) throw Object.assign(new Error(messageIn(text)), { name: codeIn(text) ?? String(reply.status) });
  return text;
}

const codeIn = (text: string): string | undefined => /<Code>([^<]+)<|"__type":\s*"(?:[^"#]*#)?([^"]+)"/.exec(text)?.slice(1).find(Boolean);
const messageIn = (text: string): string =>
  /<Message>([^<]+)<|"[Mm]essage":\s*"([^"]+)"/.exec(text)?.slice(1).find(Boolean) ?? text.slice(0, 200);
