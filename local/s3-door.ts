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
  readonly ifNoneMatch: boolean;
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
  ListObjectVersions: { right: "s3:ListBucketVersions", run: ({ bucket, query }) => listedVersions(bucket, query) },
  PutObject: {
    right: "s3:PutObject",
    run: ({ bucket, key, body, contentType, ifNoneMatch }, buckets) => {
      const { etag, version } = buckets.put(bucket, key, body, { ifNoneMatch, ...(contentType === undefined ? {} : { contentType }) });
      return { status: 200, headers: { etag, "x-amz-version-id": version } };
    },
  },
  GetObject: {
    right: "s3:GetObject",
    run: ({ bucket, key, query }) => {
      const found = objectOf(bucket, key, query.get("versionId"));
      return { status: 200, headers: headersOf(found), body: found.body };
    },
  },
  HeadObject: {
    right: "s3:GetObject",
    run: ({ bucket, key }) => ({ status: 200, headers: headersOf(objectOf(bucket, key)) }),
  },
  DeleteObject: {
    right: "s3:DeleteObject",
    run: ({ bucket, key, query }, buckets) => {
      buckets.delete(bucket, key, query.get("versionId") ?? undefined);
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
    const resource = `arn:aws:s3:::${name}${action.right.startsWith("s3:ListBucket") ? "" : `/${key}`}`;
    await authorize(identities.caller(accessKeyId), [
      { action: rightOf(action, url.searchParams), resource, context: prefixOf(url.searchParams) },
    ]);
    const bucket = buckets.find(name);
    if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    const body = await bodyOf(request);
    const { "content-type": contentType, "if-none-match": condition } = request.headers;
    return action.run({ method, bucket, key, query: url.searchParams, body, contentType, ifNoneMatch: condition === "*" }, buckets);
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
  if (method === "GET" && query.has("versions")) return "ListObjectVersions";
  return method === "GET" && query.get("list-type") === "2" ? "ListObjectsV2" : `${method} bucket`;
}

/** Reading or removing one version is a right of its own. */
const rightOf = ({ right }: Action, query: URLSearchParams): string =>
  query.has("versionId") ? right.replace(/^s3:(Get|Delete)Object$/, "s3:$1ObjectVersion") : right;

const prefixOf = (query: URLSearchParams): Readonly<Record<string, string>> => {
  const prefix = query.get("prefix");
  return prefix === null ? {} : { "s3:prefix": prefix };
};

function objectOf(bucket: Bucket, key: string, version: string | null = null): StoredObject {
  const found =
    version === null ? bucket.objects.get(key) : bucket.versions.find((stored) => stored.key === key && stored.version === version);
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
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
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

/** Newest first under each key. The marker is a key, or one of its versions: what follows it is shown. */
function listedVersions(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const [marker, version] = [query.get("key-marker") ?? "", query.get("version-id-marker")];
  const most = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const of = bucket.versions.filter(({ key }) => key.startsWith(prefix)).toReversed();
  const sorted = [...Map.groupBy(of, ({ key }) => key).values()].flat().sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const at = version === null ? -1 : sorted.findIndex((one) => one.key === marker && one.version === version);
  const rest = at === -1 ? sorted.filter(({ key }) => key > marker) : sorted.slice(at + 1);
  const shown = rest.slice(0, most);
  const last = shown.length < rest.length ? shown.at(-1) : undefined;
  const versions = shown.map(({ key, version, body, etag, at }) =>
    element(
      "Version",
      `${element("Key", escapeXml(key))}${element("VersionId", version)}${element("IsLatest", String(bucket.objects.get(key)?.version === version))}${element("LastModified", new Date(at).toISOString())}${element("ETag", escapeXml(etag))}${element("Size", String(body.length))}`,
    ),
  );
  const head = `${element("Name", bucket.name)}${element("Prefix", escapeXml(prefix))}${element("IsTruncated", String(last !== undefined))}${last === undefined ? "" : `${element("NextKeyMarker", escapeXml(last.key))}${element("NextVersionIdMarker", last.version)}`}`;
  return { status: 200, body: xml("ListVersionsResult", `${head}${versions.join("")}`) };
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
