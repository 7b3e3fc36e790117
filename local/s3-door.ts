// S3's REST protocol, path style, for the few actions that a deployment uses: bodies are bytes, so it has a door of its own.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { XMLParser } from "fast-xml-parser";

import { authorize } from "./authorize.ts";
import { CutOff, type CallFaults } from "./call-faults.ts";
import type { Identities } from "./identities.ts";
import { element } from "./protocols/xml-output.ts";
import { escapeXml } from "./protocols/scalars.ts";
import { AwsError, type Demand } from "./service.ts";
import type { Bucket, Buckets, StoredObject } from "./services/s3-buckets.ts";
import { listedBuckets, listedObjects, listedVersions, xml } from "./services/s3-listings.ts";

const CREDENTIAL = /Credential=([^/,]+)\/\d{8}\/[^/]+\/s3\/aws4_request/;
const BODY_BYTES_MAX = 64 * 1024 * 1024;

interface Asked {
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
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

const text = (body: string): Answer => ({ status: 200, body });
const bypasses = ({ headers }: Pick<Asked, "headers">): boolean => headers["x-amz-bypass-governance-retention"] === "true";

const ACTIONS: Readonly<Record<string, Action>> = {
  HeadBucket: { right: "s3:ListBucket", run: () => ({ status: 200 }) },
  DeleteBucket: {
    right: "s3:DeleteBucket",
    run({ bucket }, buckets) {
      buckets.remove(bucket.name);
      return { status: 204 };
    },
  },
  ListObjectsV2: { right: "s3:ListBucket", run: ({ bucket, query }) => text(listedObjects(bucket, query)) },
  ListObjectVersions: { right: "s3:ListBucketVersions", run: ({ bucket, query }) => text(listedVersions(bucket, query)) },
  PutObject: {
    right: "s3:PutObject",
    run({ bucket, key, body, headers }, buckets) {
      const { "content-type": contentType, "if-none-match": condition } = headers;
      const how = { ifNoneMatch: condition === "*", ...(contentType === undefined ? {} : { contentType }) };
      const { etag, version } = buckets.put(bucket, key, body, how);
      return { status: 200, headers: { etag, "x-amz-version-id": version } };
    },
  },
  GetObject: {
    right: "s3:GetObject",
    run({ bucket, key, query }) {
      const found = objectOf(bucket, key, query.get("versionId"));
      return { status: 200, headers: headersOf(found), body: found.body };
    },
  },
  HeadObject: {
    right: "s3:GetObject",
    run: ({ bucket, key, query }) => ({ status: 200, headers: headersOf(objectOf(bucket, key, query.get("versionId"))) }),
  },
  DeleteObject: {
    right: "s3:DeleteObject",
    run(asked, buckets) {
      buckets.delete(asked.bucket, asked.key, asked.query.get("versionId") ?? undefined, { bypassesGovernance: bypasses(asked) });
      return { status: 204 };
    },
  },
  DeleteObjects: { right: "s3:DeleteObject", run: deletedObjects },
};

interface Named {
  readonly key: string;
  readonly version: string | undefined;
}

/** Each by itself: what is refused stands in the answer beside what went. */
function deletedObjects(asked: Asked, buckets: Buckets): Answer {
  const rows = namedIn(asked.body).map(({ key, version }) => {
    const named = `${element("Key", escapeXml(key))}${version === undefined ? "" : element("VersionId", version)}`;
    try {
      buckets.delete(asked.bucket, key, version, { bypassesGovernance: bypasses(asked) });
      return element("Deleted", named);
    } catch (error) {
      const { code, message } = error as AwsError;
      return element("Error", `${named}${element("Code", code)}${element("Message", escapeXml(message))}`);
    }
  });
  return text(xml("DeleteResult", rows.join("")));
}

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === "Object" });

function namedIn(body: Buffer): Named[] {
  const { Delete } = parser.parse(body.toString("utf8")) as { Delete?: { Object?: readonly { Key: string; VersionId?: string }[] } };
  return (Delete?.Object ?? []).map(({ Key, VersionId }) => ({ key: Key, version: VersionId }));
}

export interface S3DoorOptions {
  readonly buckets: Buckets;
  readonly identities: Identities;
  readonly region: string;
  readonly faults: CallFaults;
  readonly log: (line: string) => void;
}

/** True: it was a call of S3, and is answered. */
export function s3Door(options: S3DoorOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { buckets, identities, log } = options;
  const answer = async (request: IncomingMessage, accessKeyId: string): Promise<Answer> => {
    const url = new URL(request.url ?? "/", "http://s3.local");
    const [name = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const { headers, method = "GET" } = request;
    const { searchParams: query } = url;
    const caller = identities.caller(accessKeyId);
    if (name === "" && method === "GET") {
      await authorize(caller, [{ action: "s3:ListAllMyBuckets", resource: "*" }]);
      return text(listedBuckets(buckets, caller.account));
    }
    const called = actionOf(method, key, query);
    const action = ACTIONS[called];
    if (action === undefined) throw new AwsError("NotImplemented", `Local AWS has no ${method} of ${url.pathname} in S3.`, 501);
    const body = await bodyOf(request);
    const demands = demandsOf(action, { name, key, query, headers, body });
    await authorize(caller, demands);
    const input = { Bucket: name, ...(key === "" ? {} : { Key: key }) };
    const call = { action: called, input, caller, region: options.region, requestId: randomUUID() };
    return (await options.faults.through("s3", call, demands, () => {
      const bucket = buckets.find(name);
      if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
      return action.run({ bucket, key, query, headers, body }, buckets);
    })) as Answer;
  };
  return (request, response) => {
    const [, accessKeyId] = CREDENTIAL.exec(request.headers.authorization ?? "") ?? [];
    if (accessKeyId === undefined) return false;
    answer(request, accessKeyId).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        if (error instanceof CutOff) return void response.destroy();
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
  if (method === "POST" && query.has("delete")) return "DeleteObjects";
  if (method === "HEAD" || method === "DELETE") return `${method.charAt(0)}${method.slice(1).toLowerCase()}Bucket`;
  if (method === "GET" && query.has("versions")) return "ListObjectVersions";
  return method === "GET" && query.get("list-type") === "2" ? "ListObjectsV2" : `${method} bucket`;
}

type Wanted = Pick<Asked, "key" | "query" | "headers" | "body"> & { readonly name: string };

/** Of many at once, IAM is asked about each; to read or remove one version, and to remove one that is locked, are rights of their own. */
function demandsOf({ right }: Action, wanted: Wanted): Demand[] {
  const { name, key, query } = wanted;
  const bucket = `arn:aws:s3:::${name}`;
  if (/^s3:(ListBucket|DeleteBucket)/.test(right)) return [{ action: right, resource: bucket, context: prefixOf(query) }];
  const named: readonly Named[] = key === "" ? namedIn(wanted.body) : [{ key, version: query.get("versionId") ?? undefined }];
  return named.flatMap((one) => {
    const resource = `${bucket}/${one.key}`;
    const action = one.version === undefined ? right : right.replace(/^s3:(Get|Delete)Object$/, "s3:$1ObjectVersion");
    return [{ action, resource }, ...(bypasses(wanted) ? [{ action: "s3:BypassGovernanceRetention", resource }] : [])];
  });
}

const prefixOf = (query: URLSearchParams): Readonly<Record<string, string>> => {
  const prefix = query.get("prefix");
  return prefix === null ? {} : { "s3:prefix": prefix };
};

function objectOf(bucket: Bucket, key: string, version: string | null = null): StoredObject {
  const found =
    version === null
      ? bucket.objects.get(key)
      : bucket.versions.find((stored) => stored.key === key && stored.version === version && stored.isMarker !== true);
  if (found === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
  return found;
}

function headersOf({ etag, at, contentType, lock }: StoredObject): Readonly<Record<string, string>> {
  return {
    etag,
    "last-modified": new Date(at).toUTCString(),
    "content-type": contentType ?? "application/octet-stream",
    ...(lock === undefined
      ? {}
      : { "x-amz-object-lock-mode": lock.mode, "x-amz-object-lock-retain-until-date": new Date(lock.until).toISOString() }),
  };
}

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
