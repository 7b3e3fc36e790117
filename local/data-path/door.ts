// The way into VPCs for other processes on this machine: `/_local/…` at local AWS's own address. Not a part of AWS.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { DataPath, Entry } from "./data-path.ts";

/** True: it was meant for this door, and is answered. */
export function dataPathDoor(path: DataPath): (request: IncomingMessage, response: ServerResponse) => boolean {
  const entries = new Map<string, Entry>();
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://local.aws");
    if (!url.pathname.startsWith("/_local/")) return false;
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    };
    // A page in a browser has no business here.
    if (request.headers.origin !== undefined) reply(403, { error: "Pages may not do this." });
    else
      answer(path, entries, request.method ?? "GET", url).then(
        (body) =>
          body === undefined ? reply(404, { error: `There is no ${request.method ?? ""} ${url.pathname} here.` }) : reply(200, body),
        (error: unknown) => reply(400, { error: error instanceof Error ? error.message : String(error) }),
      );
    return true;
  };
}

async function answer(path: DataPath, entries: Map<string, Entry>, method: string, url: URL): Promise<unknown> {
  const [, , kind = "", name = "", what = ""] = url.pathname.split("/").map(decodeURIComponent);
  const asked = `${method} ${kind}${what === "" ? "" : ` ${what}`}`;
  if (asked === "GET vpcs" && name === "") return path.vpcs();
  if (asked === "GET vpcs names") return { addresses: path.resolve(name, url.searchParams.get("name") ?? "", "A") ?? null };
  if (asked === "POST vpcs entries") {
    const entry = await path.enter(name, url.searchParams.get("as") ?? undefined);
    const id = randomUUID();
    entries.set(id, entry);
    return { id, ...shown(entry) };
  }
  const entry = entries.get(name);
  if (kind !== "entries" || entry === undefined) return undefined;
  if (method === "DELETE") {
    entries.delete(name);
    await entry.close();
  }
  return shown(entry);
}

const shown = ({ port, vpc, as, address, notes }: Entry): object => ({ port, vpc, as, address, notes });
