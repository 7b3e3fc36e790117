// Where the code of a function comes from: the zip that its S3 key names, or the lines in the template.
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";

import { optionalText, type Members } from "../members.ts";
import { unpack, writeInline } from "./package.ts";

/** Unpacks below `folder`; zips are looked for in `artifacts`, in that order. */
export function createCode(folder: string, artifacts: readonly string[]): (functionName: string, code: Members) => string {
  return (functionName, code) => {
    const root = join(folder, functionName);
    mkdirSync(root, { recursive: true });
    const inline = optionalText(code, "ZipFile");
    if (inline !== undefined) {
      writeInline(inline, root);
      return root;
    }
    const name = basename(optionalText(code, "S3Key") ?? "");
    const zip = artifacts.map((artifact) => join(artifact, name)).find((path) => name !== "" && existsSync(path));
    if (zip === undefined) throw new Error(`the package ${name} is not in ${artifacts.join(" or ")}: run "npm run package".`);
    unpack(zip, root);
    return root;
  };
}
