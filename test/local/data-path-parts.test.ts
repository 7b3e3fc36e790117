// The parts of the data path that need no AWS: ranges, an instance's programs, DNS over TCP, and the proxy's two languages.
import { createServer, connect, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";

import { askDns } from "../../cli/verify/dns-query.ts";
import { isPrivate } from "../../cli/verify/reach.ts";
import { answerDns, isResolver } from "../../local/data-path/dns-over-tcp.ts";
import { programsOf } from "../../local/data-path/programs.ts";
import { startProxy } from "../../local/data-path/proxy.ts";
import { freeAddress, isInRange, subRanges } from "../../local/ip-ranges.ts";
import { templateFrom } from "../../local/template/template-text.ts";

describe("ranges", () => {
  test("an address lies in its range and in no other", () => {
    expect(isInRange("10.1.255.255", "10.1.0.0/16")).toBe(true);
    expect(isInRange("10.2.0.0", "10.1.0.0/16")).toBe(false);
    expect(isInRange("203.0.113.7", "0.0.0.0/0")).toBe(true);
    expect(isInRange("127.0.0.2", "127.0.0.1/32")).toBe(false);
  });

  test("the first four addresses and the last are AWS's", () => {
    expect(freeAddress("10.0.0.0/29", new Set())).toBe("10.0.0.4");
    expect(freeAddress("10.0.0.0/29", new Set(["10.0.0.4", "10.0.0.5", "10.0.0.6"]))).toBeUndefined();
  });

  test("Fn::Cidr cuts from the beginning, and not more than there is", () => {
    expect(subRanges("10.0.0.0/16", 2, 6)).toEqual(["10.0.0.0/26", "10.0.0.64/26"]);
    expect(() => subRanges("10.0.0.0/26", 2, 6)).toThrow(/cannot cut/);
  });

  test.each(["10.0.0.1", "172.31.4.4", "192.168.0.9", "100.64.0.1", "fd00::1"])("%s is private", (address) => {
    expect(isPrivate(address)).toBe(true);
  });
  test.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2001:db8::1"])("%s is public", (address) => {
    expect(isPrivate(address)).toBe(false);
  });
});

const unit = "[Service]\nExecStart=/usr/bin/python3 -m http.server 8080 --directory /srv\n";
const config = (runcmd: string): string =>
  `#cloud-config\nwrite_files:\n  - path: /srv/index.html\n    content: hello\n  - path: /etc/passwd\n    content: x\n  - path: /etc/systemd/system/web.service\n    content: ${JSON.stringify(unit)}\nruncmd:\n  - ${runcmd}\n`;

describe("an instance's programs", () => {
  test("are the units that it starts, with the files of their folder only", () => {
    expect(programsOf(config("[systemctl, enable, --now, web.service]"))).toEqual([
      { port: 8080, files: new Map([["/index.html", "hello"]]) },
    ]);
    expect(programsOf(config("systemctl start web.service"))).toHaveLength(1);
  });

  test("are none when nothing starts them", () => {
    expect(programsOf(config("[echo, web.service]"))).toEqual([]);
    expect(programsOf("#!/bin/sh\npython3 -m http.server 80 --directory /srv\n")).toEqual([]);
  });
});

describe("DNS over TCP", () => {
  const zone: Readonly<Record<string, readonly string[]>> = { "a.internal A": ["10.1.0.4", "10.1.0.5"], "a.internal AAAA": ["fd00::4"] };

  async function ask(name: string, type: "A" | "AAAA"): Promise<readonly string[]> {
    const server = createServer((socket) => answerDns(socket, (asked, wanted) => zone[`${asked} ${wanted}`]));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      return await askDns(connect((server.address() as AddressInfo).port, "127.0.0.1"), name, type);
    } finally {
      server.close();
    }
  }

  test("what is asked on one side is answered on the other", async () => {
    expect(await ask("a.internal", "A")).toEqual(["10.1.0.4", "10.1.0.5"]);
    expect(await ask("a.internal", "AAAA")).toEqual(["fd00:0000:0000:0000:0000:0000:0000:0004"]);
    expect(await ask("b.internal", "A")).toEqual([]);
  });

  test("the resolver is at AWS's address and at the VPC's second", () => {
    expect(isResolver("169.254.169.253", 53, "10.1.0.0/16")).toBe(true);
    expect(isResolver("10.1.0.2", 53, "10.1.0.0/16")).toBe(true);
    expect(isResolver("10.1.0.3", 53, "10.1.0.0/16")).toBe(false);
  });
});

describe("the proxy", () => {
  async function spoken(text: string): Promise<string> {
    const proxy = await startProxy((host, port) => Promise.resolve({ failed: "refused", why: `${host} at ${port} is not there` }));
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(proxy.port, "127.0.0.1", () => socket.write(Buffer.from(text, "latin1")));
        let heard = "";
        socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
        socket.on("close", () => resolve(heard));
        socket.on("error", reject);
      });
    } finally {
      await proxy.close();
    }
  }

  test("tells HTTP clients in words what failed", async () => {
    expect(await spoken("GET http://a.internal/ HTTP/1.1\r\nHost: a.internal\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 502 [^]*a\.internal at 80 is not there/,
    );
    expect(await spoken("CONNECT a.internal:80 HTTP/1.1\r\n\r\n")).toContain("a.internal at 80 is not there");
    expect(await spoken("GET / HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
  });

  test("tells SOCKS clients by the code", async () => {
    const connecting = "\u0005\u0001\u0000\u0003\u000Aa.internal\u0000P";
    expect(await spoken(`\u0005\u0001\u0000${connecting}`)).toBe(
      "\u0005\u0000\u0005\u0005\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000",
    );
  });
});

test("YAML's short forms are the intrinsic functions", () => {
  const text =
    "Resources:\n  A:\n    Type: T\n    Properties: { B: !GetAtt C.D, E: !Sub 'x${F}', G: !If [H, !Ref I, !Ref AWS::NoValue] }\n";
  expect(templateFrom(text)).toEqual({
    Resources: {
      A: {
        Type: "T",
        Properties: {
          B: { "Fn::GetAtt": ["C", "D"] },
          E: { "Fn::Sub": "x${F}" },
          G: { "Fn::If": ["H", { Ref: "I" }, { Ref: "AWS::NoValue" }] },
        },
      },
    },
  });
  expect(() => templateFrom("Resources: [")).toThrow(/^Template format error/);
});
