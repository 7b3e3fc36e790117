// A function's zip, as the last build left it.
import { readFile } from "node:fs/promises";

export const zipOf = (name: string): Promise<Buffer> => readFile(new URL(`../../dist/${name}.zip`, import.meta.url));
