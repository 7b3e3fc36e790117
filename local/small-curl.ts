// Takes curl's place where there is none: one GET through the SOCKS proxy that all_proxy names, with curl's exit codes.
import { socksConnect, SocksRefusal } from "../cli/verify/socks.ts";
import { get } from "../cli/verify/reach.ts";

const EXIT = { usage: 3, proxy: 97, refused: 7, timedOut: 28 } as const;

/** Gives the exit code. */
export async function smallCurl(words: readonly string[]): Promise<number> {
  const given = words.findLast((word) => !word.startsWith("-")) ?? "";
  const url = URL.parse(given.includes("://") ? given : `http://${given}`);
  const proxy = URL.parse(process.env["all_proxy"] ?? "");
  if (url?.protocol !== "http:" || proxy === null) {
    process.stderr.write(`curl: (${EXIT.usage}) local AWS's own curl takes an http URL, inside npm run local -- exec\n`);
    return EXIT.usage;
  }
  const port = Number(url.port === "" ? 80 : url.port);
  try {
    const socket = await socksConnect({ host: proxy.hostname, port: Number(proxy.port) }, url.hostname, port);
    const { body } = await get(socket, url.hostname, `${url.pathname}${url.search}`);
    process.stdout.write(body);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`curl: (${EXIT.proxy}) ${message}\n`);
    if (!(error instanceof SocksRefusal)) return EXIT.proxy;
    return error.reason === "refused" ? EXIT.refused : error.reason === "timed out" ? EXIT.timedOut : EXIT.proxy;
  }
}
