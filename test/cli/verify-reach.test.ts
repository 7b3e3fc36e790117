// The way to the endpoint: proxies that are not there, that say nothing, and one that ends like `ssh -D`; resolvers and an API that do not answer.
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";

import type { Finding } from "../../cli/verify/finding.ts";
import { failureOf, type Reach } from "../../cli/verify/reach.ts";
import { notConnected, reached } from "../../cli/verify/reached.ts";
import { ProxyTrouble, socksConnect, SocksRefusal } from "../../cli/verify/socks.ts";
import type { Wanted } from "../../cli/verify/wanted.ts";
import { CONSUMER, PROVIDER } from "../local/two-vpcs.fixture.ts";
import { typed } from "./typed.ts";
import { expectMend, failing, line, linesOf, verifyWorld } from "./verify.fixture.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** In front of a SOCKS proxy: passes on what goes well, and closes without a reply when its far end could not connect, as OpenSSH does. */
const likeSsh = (proxyPort: number): Promise<number> =>
  listening(
    createServer((client) => {
      const proxy = connect(proxyPort, "127.0.0.1");
      let replies = 0;
      proxy.on("data", (chunk: Buffer) => {
        replies += 1;
        // The second reply answers CONNECT.
        if (replies === 2 && chunk[1] !== 0) client.destroy();
        else client.write(chunk);
      });
      proxy.on("end", () => client.end()).on("error", () => client.destroy());
      client.on("data", (chunk: Buffer) => proxy.write(chunk)).on("error", () => proxy.destroy());
      client.on("close", () => proxy.destroy());
    }),
  );

const at = (port: number): Record<string, string> => ({ ALL_PROXY: `socks5h://127.0.0.1:${String(port)}` });

describe("through a proxy", () => {
  const world = verifyWorld();
  const names = ["--name", "payments.internal", "--json"];
  const through = (port: number): Promise<readonly Finding[]> => linesOf(world.verify(CONSUMER, names, false, at(port)));

  test("that is not there, nothing was tried, and that is a failure with a remedy", async () => {
    await world.at.accept();
    const shown = await world.verify(CONSUMER, names, false, at(9));
    expect(shown.code).toBe(1);
    const found = (JSON.parse(shown.out) as { findings: readonly Finding[] }).findings.filter(({ about }) => about === "name");
    expect(found).toHaveLength(2);
    for (const one of found) {
      expect(one).toMatchObject({
        state: "failed",
        message: expect.stringMatching(/: the SOCKS proxy at 127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)$/),
        mend: `is the tunnel up? (docs/walkthrough.md has its commands) Then: drawbridge verify ${world.endpoint} --name payments.internal`,
      });
    }
  });

  test("that ends like ssh -D, everything is green when it works, and what does not connect has its cause and its mend", async () => {
    await world.at.accept();
    const { port } = await world.at.local.dataPath.enter("vpc-b");
    const ssh = await likeSsh(port);
    expect(failing(await through(ssh))).toEqual([]);
    await world.at.ec2(PROVIDER, "StopInstances", { InstanceIds: [world.at.provider["WebServerId"]] });
    expect(line(await through(ssh), "TCP 80")).toMatchObject({
      state: "failed",
      message: expect.stringMatching(/: refused or unreachable on port 80: the load balancer has no listener there, or no healthy target$/),
      mend: `the provider sees what is behind it: drawbridge verify ${world.endpoint}`,
    });
  });

  test("that stands where no resolver answers, it is no missing name", async () => {
    await world.at.accept();
    const deaf = await listening(
      createServer((client) => {
        client.once("data", () => {
          client.write(Buffer.from([5, 0]));
          client.once("data", () => client.destroy());
        });
        client.on("error", () => undefined);
      }),
    );
    expect(line(await through(deaf), "name")).toMatchObject({
      state: "failed",
      message: expect.stringMatching(
        /cannot be looked up from socks5h:\S+: the proxy cannot connect: it ended the connection without a reply/,
      ),
      mend: expect.stringContaining(`aws ec2 describe-vpc-attribute --vpc-id ${world.at.consumer["VpcId"] ?? ""}`),
    });
  });
});

describe("AWS itself", () => {
  afterEach(() => void vi.unstubAllEnvs());
  const keys = {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: CONSUMER,
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  };
  const verifying = async (env: Readonly<Record<string, string | undefined>>): Promise<string> => {
    for (const [key, value] of Object.entries({ ...keys, ...env })) vi.stubEnv(key, value);
    const { code, err } = await typed(["verify", "vpce-0123456789abcdef0"]);
    expect(code).toBe(1);
    return err;
  };

  test("that does not answer is told with where it was looked for", async () => {
    expect(await verifying({})).toBe(
      "drawbridge: AWS does not answer at http://127.0.0.1:9 (ECONNREFUSED); is local AWS up (npm start)? Otherwise unset AWS_ENDPOINT_URL\n",
    );
  });

  test("is not asked without credentials", async () => {
    const none = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_PROFILE: "nobody",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    expect(await verifying({ ...none, AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" })).toMatch(
      /^drawbridge: No AWS credentials were found \(.*\); set AWS_PROFILE, sign in with aws sso login/,
    );
  });

  describe("refuses", () => {
    const world = verifyWorld();
    test.each([
      ["RequestExpired", /have expired: gone; sign in again, for example with: aws sso login/],
      ["AuthFailure", /does not take the credentials: gone; check AWS_PROFILE/],
    ])("%s", async (code, words) => {
      world.at.local.faults.refuse({ service: "ec2", action: "DescribeVpcEndpoints", code, message: "gone", status: 400 });
      expect((await world.verify(CONSUMER)).err).toMatch(words);
    });
  });
});

describe("what did not connect", () => {
  const wanted: Wanted = {
    name: "payments.internal",
    port: 80,
    path: "/",
    http: true,
    region: "eu-west-1",
    endpoint: "vpce-1",
    first: undefined,
    consumer: undefined,
    own: undefined,
    privateName: undefined,
    again: "drawbridge verify vpce-1 --name payments.internal",
  };
  const coded = (code: string): Error => Object.assign(new Error(code), { code });

  test.each<[string, Error]>([
    ["refused", coded("ECONNREFUSED")],
    ["timed out", coded("ETIMEDOUT")],
    ["name not found", coded("ENOTFOUND")],
    ["other", coded("EPROTO")],
    ["other", new SocksRefusal("not allowed")],
    ["other", new ProxyTrouble({ host: "127.0.0.1", port: 1080 }, "wants a password")],
    ["name not found", new SocksRefusal("name not found or no way to it")],
    ["refused or unreachable", new SocksRefusal("refused or unreachable")],
  ])("%s: never ends without a mend", (seen, error) => {
    expect(failureOf(error)).toBe(seen);
    for (const first of [undefined, "drawbridge approve vpce-1"]) {
      const found = notConnected("TCP 80", error, { ...wanted, first });
      expect(found.state).toBe("failed");
      expectMend(found);
    }
  });

  const reach = (given: Partial<Reach>): Reach => ({
    from: "this machine",
    resolve: () => Promise.resolve(["10.1.0.4"]),
    connect: () => Promise.reject(coded("ECONNREFUSED")),
    addressTowards: () => Promise.resolve(undefined),
    ...given,
  });

  test("a resolver that does not answer is a failure, not a name that is missing", async () => {
    const { findings, tcp } = await reached(reach({ resolve: () => Promise.reject(coded("EAI_AGAIN")) }), wanted);
    expect(tcp).toBe("not tried");
    expect(findings).toMatchObject([
      { about: "name", state: "failed", message: "payments.internal cannot be looked up from this machine: EAI_AGAIN" },
    ]);
    for (const one of findings) expectMend(one);
  });

  /** A server that answers so to whatever comes, and verify's own request to it. */
  async function answering(text: string): Promise<readonly Finding[]> {
    const port = await listening(createServer((socket) => void socket.once("data", () => socket.end(text)).on("error", () => undefined)));
    const open = (): ReturnType<Reach["connect"]> => {
      const socket = connect(port, "127.0.0.1");
      return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
    };
    return (await reached(reach({ connect: open }), wanted)).findings;
  }

  test.each([
    ["HTTP/1.1 503 No\r\n\r\nno target", "http://payments.internal/ answers 503: no target"],
    ["SSH-2.0-x\r\n", "what answers does not speak HTTP"],
    ["", "the connection ended without an answer"],
  ])("an answer of %j is a failure of HTTP, with its mend", async (text, message) => {
    const found = line(await answering(text), "HTTP");
    expect(found).toMatchObject({ state: "failed", message: expect.stringContaining(message) });
    if (found !== undefined) expectMend(found);
  });

  test("a proxy that speaks something else is its own trouble", async () => {
    const port = await listening(
      createServer((socket) => void socket.once("data", () => socket.end("HTTP/1.1 400 Bad\r\n")).on("error", () => undefined)),
    );
    await expect(socksConnect({ host: "127.0.0.1", port }, "payments.internal", 80)).rejects.toThrow(
      /at 127\.0\.0\.1:\d+ does not speak SOCKS 5/,
    );
  });
});
