// Where the code of a function comes from: the zip that its S3 key names, or the lines in the template.
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";

import { optionalText, type Members } from "../members.ts";
import type { Buckets } from "../services/s3-buckets.ts";
import { unpack, unpackBytes, writeInline } from "./package.ts";

/** Unpacks below `folder`, each time anew; zips are what the bucket holds, or else in `artifacts`, in that order. */
export function createCode(
  folder: string,
  artifacts: readonly string[],
  buckets: Pick<Buckets, "find">,
): (functionName: string, code: Members) => string {
  let unpacked = 0;
  return (functionName, code) => {
    unpacked += 1;
    const root = join(folder, `${functionName}-${String(unpacked)}`);
    mkdirSync(root, { recursive: true });
    const inline = optionalText(code, "ZipFile");
    if (inline !== undefined) {
      writeInline(inline, root);
      return root;
    }
    const key = optionalText(code, "S3Key") ?? "";
    const stored = buckets.find(optionalText(code, "S3Bucket") ?? "");
    if (stored !== undefined && stored.objects.size > 0) {
      const object = stored.objects.get(key);
      if (object === undefined)
        throw new Error(
          `Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist: ${key}`,
        );
      unpackBytes(key, object.body, root);
      return root;
    }
    const name = basename(key);
    const zip = artifacts.map((artifact) => join(artifact, name)).find((path) => name !== "" && existsSync(path));
    if (zip === undefined) throw new Error(`the package ${name} is not in ${artifacts.join(" or ")}: run "npm run package".`);
    unpack(zip, root);
    return root;
  };
}
