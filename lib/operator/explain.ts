// Why a connection stands as it does, or what would become of a consumer who connected: the same verdict that the loop gives.

import type { Consumer } from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import { explain as explained, type Explanation } from "../explain.ts";
import { BadInput } from "../faults.ts";
import { cutOf, staysThough, type Cut } from "../holding.ts";
import { accountId, endpointId, isAccountId, isEndpointId, type EndpointId, type Instant } from "../ids.ts";
import { candidateOf, rulings, type Judged, type Ruling } from "../loop/verdicts.ts";
import type { Service } from "../service.ts";
import { statusWords } from "../wording.ts";
import { recordOf } from "./connections.ts";
import { explainedConsumer, read } from "./inputs.ts";
import type { OperatorPorts } from "./operator.ts";
import { inCare } from "./services.ts";

export interface Explained {
  readonly items: readonly ExplainedConsumer[];
}
export interface ExplainedConsumer {
  readonly consumer: Omit<Consumer, "counter">;
  readonly mode: Service["mode"];
  readonly at: Instant;
  readonly explanation: Explanation;
  /** Of a connection that Drawbridge knows: how it stands. */
  readonly connection?: { readonly status: Connection["status"]; readonly words: string; readonly decision?: string };
  /** When and why it is to be cut. */
  readonly cut?: Cut;
  /** Why it goes on though the list would not let it in now. */
  readonly stays?: string;
  /** What was supposed rather than seen. */
  readonly supposed: readonly string[];
}

export async function explain(ports: OperatorPorts, input: unknown): Promise<Explained> {
  const { who, service, at, ...facts } = read(explainedConsumer, input);
  const clock = at === undefined ? ports.clock : () => at;
  const supposed = Object.keys({ ...facts, ...optional("at", at) });
  const subjects = isEndpointId(who) ? [await ofConnection(ports, endpointId(who), facts)] : await ofAccount(ports, who, service, facts);
  const { allowList, organizations } = ports;
  const given = await rulings(
    { clock, allowList, organizations },
    subjects.map(({ judged }) => judged),
  );
  return {
    items: subjects.flatMap((subject, index): ExplainedConsumer[] => {
      const ruling = given[index];
      return ruling === undefined ? [] : [explainedAs(subject, ruling, clock(), supposed)];
    }),
  };
}

function explainedAs({ judged, care, connection }: Subject, ruling: Ruling, now: Instant, supposed: readonly string[]): ExplainedConsumer {
  const { held: _held, counter: _counter, ...consumer } = judged;
  const ground = { ...ruling, service: care, now };
  return {
    consumer,
    mode: care.mode,
    at: now,
    explanation: explained(ruling.judgement),
    supposed,
    ...optional("connection", connection && stands(connection)),
    ...optional("cut", connection && cutOf(connection, ground)),
    ...optional("stays", connection && staysThough(connection, ground)),
  };
}

interface Subject {
  readonly judged: Judged;
  readonly care: Service;
  readonly connection?: Connection;
}
type Facts = Pick<Consumer, "region" | "ipAddressType">;

async function ofConnection(ports: OperatorPorts, endpoint: EndpointId, facts: Facts): Promise<Subject> {
  const connection = await recordOf(ports, endpoint);
  return { judged: { ...candidateOf(connection, connection), ...facts }, connection, care: await inCare(ports, connection.service) };
}

/** As if the account connected: no entry can name an endpoint that there is not. */
async function ofAccount(ports: OperatorPorts, who: string, service: Service["service"] | undefined, facts: Facts): Promise<Subject[]> {
  if (!isAccountId(who)) throw new BadInput("who", who, "give an endpoint's id vpce-…, or an account's twelve digits");
  const services = service === undefined ? await ports.services.all() : [await inCare(ports, service)];
  return services.map((care) => ({ care, judged: { service: care.service, account: accountId(who), ...facts } }));
}

function stands(connection: Connection): ExplainedConsumer["connection"] {
  const decision = "decision" in connection ? connection.decision : undefined;
  return { status: connection.status, words: statusWords[connection.status], ...optional("decision", decision?.because.detail) };
}
