// Drawbridge's story in one account: accepted by an entry and named, closed, asked about and approved, cut by a reject entry.
import { DeleteVpcEndpointsCommand } from "@aws-sdk/client-ec2";
import { main } from "../../cli/main.ts";
import { nobody } from "../../cli/terminal.ts";
import { optional } from "../../lib/optional.ts";
import type { Deployed, Finding } from "./drawbridge.ts";
import type { Probing } from "./probe-decisions.ts";
import { askFromElsewhere, lookAtElsewhere } from "./probe-others.ts";
import type { Wait } from "./steps.ts";
import type { Zone } from "./world.ts";

const MINUTE = 60_000;

interface Shown {
  readonly connection: {
    readonly status: string;
    readonly names: readonly { readonly fqdn: string }[];
    readonly trouble?: { readonly code: string };
  };
  readonly history: readonly {
    readonly event: {
      readonly type: string;
      readonly at: string;
      readonly because: { readonly rule: string };
      readonly source?: { readonly kind: string; readonly raw?: string };
    };
  }[];
}

export interface Told {
  /** For each endpoint of the story: its whole history, as Drawbridge logged it. */
  readonly histories: Readonly<Record<string, Shown["history"]>>;
  /** Left standing, for seeing how long it stays listed. */
  readonly rejected: string;
  readonly doctor?: readonly Finding[];
}

export async function playStory(probing: Probing, { api, doctor }: Pick<Deployed, "api" | "doctor">, zone: Zone): Promise<Told> {
  const { clients, steps, connections, service, made } = probing;
  const run = commandAt(api);
  const { id } = service;
  const { run: name } = made.note;
  const account = clients.consumerAccount;
  const limit = 6 * MINUTE;
  const show = (endpoint: string): Promise<Shown> => run("show", endpoint) as Promise<Shown>;
  const reaches = (wait: Wait, endpoint: string, status: string): Promise<Shown> =>
    wait.until(`${endpoint} ${status}`, async () => {
      const shown = await show(endpoint);
      return shown.connection.status === status ? shown : undefined;
    });

  await steps.need("the service is taken into care", limit, () => run("services", "add", id, "--zone", zone.id, "--yes"));
  await steps.need("an entry for the consumer's account", limit, () => run("allow", account, "--service", id, "--name", name));
  const first = await steps.need("its endpoint is accepted by the entry", limit, async (wait) => {
    const endpoint = await connections.ask();
    await wait.until("available", () => connections.is(endpoint, "available"));
    return endpoint;
  });
  await steps.need(`it is connected, and named ${name}.${zone.name}`, limit, async (wait) => {
    await wait.until("its name", async () => {
      const { connection, history } = await show(first);
      const isNamed =
        connection.names.some(({ fqdn }) => fqdn === `${name}.${zone.name}`) && history.some(({ event }) => event.type === "NameMade");
      return isNamed && connection.status === "connected" ? true : undefined;
    });
  });
  await steps.need("deleted by its owner, it is closed and nameless", limit, async (wait) => {
    await connections.delete([first]);
    await reaches(wait, first, "closed");
    await wait.until("the end of its name", async () =>
      (await show(first)).history.some(({ event }) => event.type === "NameRemoved") ? true : undefined,
    );
  });

  await acceptedElsewhere(probing, show);
  const findings = await doctor();
  await steps.need("without the entry, people are asked", limit, () => run("remove", account, "--service", id, "--yes"));
  const second = await steps.need("a second endpoint waits for an answer", limit, async (wait) => {
    const endpoint = await connections.ask();
    await wait.until("the question", async () => {
      const { history } = await show(endpoint);
      return history.some(({ event }) => event.type === "ApprovalRequested") ? true : undefined;
    });
    return endpoint;
  });
  await steps.need("an operator approves it, and it is connected", limit, async (wait) => {
    await run("approve", second, "--reason", "smoke run");
    await reaches(wait, second, "connected");
  });
  await steps.need("a reject entry cuts it", limit, async (wait) => {
    await run("deny", account, "--service", id, "--reason", "smoke run", "--yes");
    await wait.until("rejected", () => connections.is(second, "rejected"));
    const { history } = await reaches(wait, second, "denied");
    const because = history.findLast(({ event }) => event.type === "ConnectionDenied")?.event.because.rule;
    if (because !== "reject-entry") throw new Error(`it was cut because of ${because ?? "nothing"}, not of the entry`);
  });
  const histories = { [first]: (await show(first)).history, [second]: (await show(second)).history };
  await steps.need("the service is released", limit, () => run("services", "remove", id, "--yes"));
  return { histories, rejected: second, ...optional("doctor", findings) };
}

/** By a role that has no right named after several Regions. It goes again, so that the story goes on as it does without it. */
async function acceptedElsewhere(probing: Probing, show: (endpoint: string) => Promise<Shown>): Promise<void> {
  const { steps, findings, clients, options } = probing;
  const endpoint = await askFromElsewhere(probing);
  if (endpoint === undefined || options.elsewhere === undefined) return;
  const { region } = options.elsewhere;
  await steps.probe("it is accepted by the entry too", 6 * MINUTE, async (wait) => {
    const trouble = await wait.until("its end", async () => {
      const { connection } = await show(endpoint);
      return connection.status === "connected" ? { code: undefined } : connection.trouble;
    });
    const { code } = trouble;
    const says = code === undefined ? "it is not: admit's role has no such right" : `Accept by a role without it: ${code}`;
    findings.judged("allow-multi-region", code === undefined, says, trouble);
  });
  await lookAtElsewhere(probing, endpoint);
  await steps.probe("and goes again", MINUTE, () =>
    clients.consumerIn(region).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint] })),
  );
}

/** The real command, in this process. */
function commandAt(api: string): (...words: string[]) => Promise<unknown> {
  return async (...words) => {
    let out = "";
    let err = "";
    const code = await main([...words, "--json"], {
      ...nobody,
      env: {
        ...process.env,
        DRAWBRIDGE_API: api,
      },
      out: (text) => void (out += text),
      err: (text) => void (err += `${text}\n`),
    });
    if (code !== 0) throw new Error(`drawbridge ${words.join(" ")}: ${err.trim().split("\n").at(-1) ?? out}`);
    return JSON.parse(out);
  };
}
