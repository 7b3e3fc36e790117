// The programs of an instance: what its user data starts. Local AWS has one, Python's http.server, and serves its files itself.
import { createServer, type Server } from "node:http";
import { parse } from "yaml";

import { isMembers, optionalText, rows, type Members } from "../members.ts";
import { listenOnLoopback, type Listening } from "../loopback.ts";

interface Program {
  readonly port: number;
  /** By path below the program's folder. */
  readonly files: ReadonlyMap<string, string>;
}

const UNIT = /^\/etc\/systemd\/system\/([\w@.-]+\.service)$/;
const HTTP_SERVER = /^ExecStart=\S*python3 -m http\.server (\d+) --directory (\S+)$/m;

/** The units that a cloud-config writes and starts, as far as they are web servers. */
export function programsOf(userData: string): readonly Program[] {
  if (!userData.startsWith("#cloud-config")) return [];
  const config: unknown = parse(userData);
  if (!isMembers(config)) return [];
  const files = new Map(rows(config, "write_files").map((file) => [optionalText(file, "path") ?? "", optionalText(file, "content") ?? ""]));
  const started = new Set(commandsOf(config).flatMap((words) => (words[0] === "systemctl" ? words : [])));
  return [...files].flatMap(([path, content]) => {
    const [, unit = ""] = UNIT.exec(path) ?? [];
    const [, port, folder = ""] = HTTP_SERVER.exec(content) ?? [];
    if (port === undefined || !started.has(unit)) return [];
    const served = [...files].filter(([name]) => name.startsWith(`${folder}/`));
    return [{ port: Number(port), files: new Map(served.map(([name, text]) => [name.slice(folder.length), text])) }];
  });
}

function commandsOf(config: Members): readonly (readonly string[])[] {
  const commands = Array.isArray(config["runcmd"]) ? config["runcmd"] : [];
  return commands.map((command): string[] => (Array.isArray(command) ? command.map(String) : String(command).split(/\s+/)));
}

export interface Programs {
  /** The loopback port of what listens there; started when somebody first comes. Nothing when nothing listens. */
  at(instanceId: string, userData: string, port: number): Promise<number | undefined>;
  close(): Promise<void>;
}

export function createPrograms(): Programs {
  const running = new Map<string, Promise<Listening>>();
  return {
    async at(instanceId, userData, port) {
      const key = `${instanceId} ${port}`;
      const there = running.get(key);
      if (there !== undefined) return (await there).port;
      const program = programsOf(userData).find((one) => one.port === port);
      if (program === undefined) return undefined;
      const begun = listenOnLoopback(serve(program), 0, `${instanceId}, port ${port}`);
      running.set(key, begun);
      return (await begun).port;
    },
    async close() {
      for (const program of running.values()) await (await program).close();
    },
  };
}

function serve({ files }: Program): Server {
  return createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const content = files.get(path.endsWith("/") ? `${path}index.html` : path);
    response.setHeader("content-type", "text/html; charset=utf-8");
    const body = content ?? "File not found\n";
    response.setHeader("content-length", Buffer.byteLength(body));
    response.writeHead(content === undefined ? 404 : 200).end(request.method === "HEAD" ? undefined : body);
  });
}
