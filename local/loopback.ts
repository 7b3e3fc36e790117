// Listening on 127.0.0.1 and nowhere else, with an error that names the port when it is taken.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

export async function listenOnLoopback(server: Server, port: number, what: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        taken
          ? new Error(`Port ${port} (${what}) is taken by another program: end it, or choose others with --port N (0 takes free ones).`)
          : error,
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  // An idle connection that ends as its client writes to it resets the call: clients give theirs up long before this.
  server.keepAliveTimeout = 10 * 60_000;
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
