// S3's REST protocol, path style, for the few actions that a deployment uses: bodies are bytes, so it has a door of its own.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { authorize } from "./authorize.ts";
import type { Identities } from "./identities.ts";
import { element } from "./protocols/xml-output.ts";
import { escapeXml } from "./protocols/scalars.ts";
import { AwsError } from "./service.ts";
import type { Bucket, Buckets, StoredObject } from "./services/s3-buckets.ts";

const CREDENTIAL = /Credential=([^/,]+)\/\d{8}\/[^/]+\/s3\/aws4_request/;
const XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/";
const BODY_BYTES_MAX = 64 * 1024 * 1024;

interface Asked {
  readonly method: string;
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

interface Action {
  /** As IAM knows it. */
  readonly right: string;
  run(asked: Asked, buckets: Buckets): Answer;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  HeadBucket: { right: "s3:ListBucket", run: () => ({ status: 200 }) },
  ListObjectsV2: { right: "s3:ListBucket", run: ({ bucket, query }) => listed(bucket, query) },
  PutObject: {
    right: "s3:PutObject",
    run: ({ bucket, key, body, contentType }, buckets) => {
      const { etag } = buckets.put(bucket, key, body, contentType);
      return { status: 200, headers: { etag } };
    },
  },
  GetObject: {
    right: "s3:GetObject",
    run: ({ bucket, key }) => {
      const found = objectOf(bucket, key);
      return { status: 200, headers: headersOf(found), body: found.body };
    },
  },
  HeadObject: {
    right: "s3:GetObject",
    run: ({ bucket, key }) => ({ status: 200, headers: headersOf(objectOf(bucket, key)) }),
  },
  DeleteObject: {
    right: "s3:DeleteObject",
    run: ({ bucket, key }) => {
      bucket.objects.delete(key);
      return { status: 204 };
    },
  },
};

/** True: it was a call of S3, and is answered. */
export function s3Door(
  buckets: Buckets,
  identities: Identities,
  log: (line: string) => void,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const answer = async (request: IncomingMessage, accessKeyId: string): Promise<Answer> => {
    const url = new URL(request.url ?? "/", "http://s3.local");
    const [name = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const method = request.method ?? "GET";
    const action = ACTIONS[actionOf(method, key, url.searchParams)];
    if (action === undefined) throw new AwsError("NotImplemented", `Local AWS has no ${method} of ${url.pathname} in S3.`, 501);
    const resource = `arn:aws:s3:::${name}${action.right === "s3:ListBucket" ? "" : `/${key}`}`;
    await authorize(identities.caller(accessKeyId), [{ action: action.right, resource }]);
    const bucket = buckets.find(name);
    if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    const body = await bodyOf(request);
    return action.run({ method, bucket, key, query: url.searchParams, body, contentType: request.headers["content-type"] }, buckets);
  };
  return (request, response) => {
    const [, accessKeyId] = CREDENTIAL.exec(request.headers.authorization ?? "") ?? [];
    if (accessKeyId === undefined) return false;
    answer(request, accessKeyId).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        if (!(error instanceof AwsError)) log(`s3: ${String(error)}`);
        const { code, message, status } = error instanceof AwsError ? error : new AwsError("InternalError", String(error), 500);
        const isHead = request.method === "HEAD";
        send(response, {
          status: code === "AccessDenied" ? 403 : status,
          ...(isHead ? {} : { body: xml("Error", `${element("Code", escapeXml(code))}${element("Message", escapeXml(message))}`) }),
        });
      },
    );
    return true;
  };
}

function actionOf(method: string, key: string, query: URLSearchParams): string {
  if (key !== "") return `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`;
  if (method === "HEAD") return "HeadBucket";
  return method === "GET" && query.get("list-type") === "2" ? "ListObjectsV2" : `${method} bucket`;
}

function objectOf(bucket: Bucket, key: string): StoredObject {
  const found = bucket.objects.get(key);
  if (found === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
  return found;
}

function headersOf({ etag, at, contentType }: StoredObject): Readonly<Record<string, string>> {
  return {
    etag,
    "last-modified": new Date(at).toUTCString(),
    "content-type": contentType ?? "application/octet-stream",
  };
}

function listed(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? "";
  const most = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const matching = [...bucket.objects.values()]
    .filter(({ key }) => key.startsWith(prefix) && key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = matching.slice(0, most);
  const isTruncated = page.length < matching.length;
  const contents = page.map(({ key, body, etag, at }) =>
    element(
      "Contents",
      `${element("Key", escapeXml(key))}${element("LastModified", new Date(at).toISOString())}${element("ETag", escapeXml(etag))}${element("Size", String(body.length))}`,
    ),
  );
  const token = isTruncated ? element("NextContinuationToken", escapeXml(page.at(-1)?.key ?? "")) : "";
  const head = `${element("Name", bucket.name)}${element("Prefix", escapeXml(prefix))}${element("KeyCount", String(page.length))}`;
  return {
    status: 200,
    body: xml("ListBucketResult", `${head}${element("IsTruncated", String(isTruncated))}${token}${contents.join("")}`),
  };
}

const xml = (name: string, content: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, content, XMLNS)}`;

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  const content = body === undefined ? undefined : Buffer.from(body);
  response.writeHead(status, {
    "x-amz-request-id": randomUUID(),
    ...(typeof body === "string" ? { "content-type": "application/xml" } : {}),
    ...(content === undefined ? {} : { "content-length": content.length }),
    ...headers,
  });
  response.end(content);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size <= BODY_BYTES_MAX) chunks.push(bytes);
  }
  if (size > BODY_BYTES_MAX) throw new AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  return Buffer.concat(chunks);
}
