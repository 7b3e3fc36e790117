// What S3 lists, a page at a time and in the order of the keys: an account's buckets, a bucket's objects, and their versions.
import { escapeXml } from "../protocols/scalars.ts";
import { element } from "../protocols/xml-output.ts";
import type { Bucket, Buckets, StoredObject } from "./s3-buckets.ts";

const XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/";
const PAGE_MAX = 1000;

export const xml = (name: string, content: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, content, XMLNS)}`;

export function listedBuckets(buckets: Buckets, account: string): string {
  const names = buckets.of(account).map(({ name }) => element("Bucket", element("Name", name)));
  return xml("ListAllMyBucketsResult", element("Buckets", names.join("")));
}

export function listedObjects(bucket: Bucket, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const matching = [...bucket.objects.values()].filter(({ key }) => key.startsWith(prefix) && key > after).sort(byKey);
  const page = matching.slice(0, mostOf(query));
  const isTruncated = page.length < matching.length;
  const contents = page.map((stored) => element("Contents", shown(stored)));
  const token = isTruncated ? element("NextContinuationToken", escapeXml(page.at(-1)?.key ?? "")) : "";
  const head = `${element("Name", bucket.name)}${element("Prefix", escapeXml(prefix))}${element("KeyCount", String(page.length))}`;
  return xml("ListBucketResult", `${head}${element("IsTruncated", String(isTruncated))}${token}${contents.join("")}`);
}

/** Newest first under each key. What keeps no versions has one of each object. */
export function listedVersions(bucket: Bucket, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const kept = bucket.settings.versioned ? bucket.versions.toReversed() : [...bucket.objects.values()];
  const of = kept.filter(({ key }) => key.startsWith(prefix));
  const all = [...Map.groupBy(of, ({ key }) => key).values()].flatMap((its) => its.map((stored, at) => ({ stored, isLatest: at === 0 })));
  const sorted = all.sort((one, other) => byKey(one.stored, other.stored));
  const rest = sorted.slice(startOf(sorted, query));
  const page = rest.slice(0, mostOf(query));
  const last = page.length < rest.length ? page.at(-1)?.stored : undefined;
  const rows = page.map(({ stored, isLatest }) =>
    element(
      stored.isMarker === true ? "DeleteMarker" : "Version",
      `${shown(stored)}${element("VersionId", stored.version)}${element("IsLatest", String(isLatest))}`,
    ),
  );
  const next = last === undefined ? "" : `${element("NextKeyMarker", escapeXml(last.key))}${element("NextVersionIdMarker", last.version)}`;
  const head = `${element("Name", bucket.name)}${element("Prefix", escapeXml(prefix))}${element("IsTruncated", String(last !== undefined))}`;
  return xml("ListVersionsResult", `${head}${next}${rows.join("")}`);
}

function startOf(sorted: readonly { readonly stored: StoredObject }[], query: URLSearchParams): number {
  const key = query.get("key-marker");
  if (key === null) return 0;
  const version = query.get("version-id-marker") ?? "";
  const later = sorted.findIndex(({ stored }) => stored.key > key || (stored.key === key && stored.version < version));
  return later === -1 ? sorted.length : later;
}

const mostOf = (query: URLSearchParams): number => Math.min(Number(query.get("max-keys") ?? PAGE_MAX), PAGE_MAX);

const byKey = (one: StoredObject, other: StoredObject): number => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0);

const shown = ({ key, body, etag, at, isMarker }: StoredObject): string =>
  [
    element("Key", escapeXml(key)),
    element("LastModified", new Date(at).toISOString()),
    ...(isMarker === true ? [] : [element("ETag", escapeXml(etag)), element("Size", String(body.length))]),
  ].join("");
