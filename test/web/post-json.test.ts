// What is posted to another host arrives whole, is not led elsewhere, and without an answer is a fault that a retry may cure.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { postJson } from "../../lib/web/post-json.ts";

async function serving<T>(answer: (request: IncomingMessage, response: ServerResponse) => void, use: (url: URL) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/services/T/B/secret`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("JSON is posted, and the answer's status and beginning come back", async () => {
  let got = "";
  const answer = await serving(
    (request, response) => {
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (got += chunk));
      request.on("end", () =>
        response.writeHead(404).end(`${request.method ?? ""} ${request.headers["content-type"] ?? ""} ${"x".repeat(5000)}`),
      );
    },
    async (url) => postJson(url, `{"text":"ä"}`),
  );
  expect(got).toBe(`{"text":"ä"}`);
  expect(answer.status).toBe(404);
  expect(answer.text).toMatch(/^POST application\/json; charset=utf-8 x+$/);
  expect(answer.text.length).toBe(1000);
});

test("a redirect is not followed", async () => {
  const paths: string[] = [];
  const { status } = await serving(
    (request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(307, { location: "/latest/meta-data" }).end();
    },
    async (url) => postJson(url, "{}"),
  );
  expect(status).toBe(307);
  expect(paths).toEqual(["/services/T/B/secret"]);
});

test("no answer is a fault that does not tell the secret", async () => {
  const failure = await serving(
    (request) => request.socket.destroy(),
    async (url) => postJson(url, "{}").catch((error: unknown) => error),
  );
  expect(failure).toMatchObject({ code: "NoAnswer", retryable: true });
  expect(String(failure)).not.toContain("secret");
});
