// One endpoint service as its provider sees it and its consumer uses it, every answer kept as AWS gave it.
import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  paginateDescribeVpcEndpointConnections,
  RejectVpcEndpointConnectionsCommand,
  type UnsuccessfulItem,
  type VpcEndpointConnection,
} from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.ts";
import { tagKey, type Made } from "./made.ts";
import type { OfferedService, World } from "./world.ts";

export interface Answer {
  readonly call: "Accept" | "Reject";
  readonly endpoint: string;
  readonly while: string;
  readonly at: string;
  /** What stands in Unsuccessful, or the error of the whole call. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly wholeCallFailed: boolean;
}

export interface StateSeen {
  readonly endpoint: string;
  readonly state: string;
  readonly at: string;
}

export interface Connections {
  readonly answers: readonly Answer[];
  /** Each state when it was seen first. */
  readonly states: readonly StateSeen[];
  /** Whether a text names the service, or an endpoint that we made. */
  named(text: string): boolean;
  list(): Promise<readonly VpcEndpointConnection[]>;
  of(endpoint: string): Promise<VpcEndpointConnection | undefined>;
  stateOf(endpoint: string): Promise<string | undefined>;
  /** In whatever case the state is written. */
  is(endpoint: string, state: string): Promise<true | undefined>;
  ask(tags?: Readonly<Record<string, string>>): Promise<string>;
  delete(endpoints: readonly string[]): Promise<void>;
  decide(call: Answer["call"], endpoint: string): Promise<Answer>;
}

export function connectionsOf(clients: Clients, made: Made, world: World, service: OfferedService): Connections {
  const { ec2, consumer } = clients;
  const answers: Answer[] = [];
  const states: StateSeen[] = [];
  const endpoints: string[] = [];
  const list = async (): Promise<readonly VpcEndpointConnection[]> => {
    const found: VpcEndpointConnection[] = [];
    const Filters = [{ Name: "service-id", Values: [service.id] }];
    for await (const { VpcEndpointConnections = [] } of paginateDescribeVpcEndpointConnections({ client: ec2 }, { Filters }))
      found.push(...VpcEndpointConnections);
    for (const { VpcEndpointId: endpoint = "", VpcEndpointState: state = "" } of found) {
      const last = states.findLast((seen) => seen.endpoint === endpoint);
      if (last?.state !== state) states.push({ endpoint, state, at: new Date().toISOString() });
    }
    return found;
  };
  const of = async (endpoint: string) => (await list()).find(({ VpcEndpointId }) => VpcEndpointId === endpoint);
  const stateOf = async (endpoint: string) => (await of(endpoint))?.VpcEndpointState;
  return {
    answers,
    states,
    list,
    of,
    stateOf,
    named: (text) => [service.id, ...endpoints].some((id) => text.includes(id)),
    is: async (endpoint, state) => ((await stateOf(endpoint))?.toLowerCase() === state ? true : undefined),
    async ask(tags = {}) {
      const there = made.about({ kind: "endpoint" });
      const Tags = Object.entries({
        [tagKey]: made.note.run,
        ...tags,
      }).map(([Key, Value]) => ({
        Key,
        Value,
      }));
      const created = await consumer.send(
        new CreateVpcEndpointCommand({
          VpcEndpointType: "Interface",
          VpcId: world.asking.vpc,
          SubnetIds: [...world.asking.subnets],
          ServiceName: service.name,
          TagSpecifications: [
            {
              ResourceType: "vpc-endpoint",
              Tags,
            },
          ],
        }),
      );
      const id = created.VpcEndpoint?.VpcEndpointId;
      if (id === undefined) throw new Error("CreateVpcEndpoint answered without an id");
      there({ id });
      endpoints.push(id);
      return id;
    },
    async delete(endpoints) {
      const { Unsuccessful = [] } = await consumer.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [...endpoints] }));
      const [refused] = Unsuccessful;
      if (refused !== undefined)
        throw new Error(`${refused.ResourceId ?? "?"}: ${refused.Error?.Code ?? "?"}: ${refused.Error?.Message ?? "?"}`);
    },
    async decide(call, endpoint) {
      const state = (await stateOf(endpoint)) ?? "not listed";
      const at = new Date().toISOString();
      const answer = {
        call,
        endpoint,
        while: state,
        at,
        ...(await answerTo(clients, service.id, call, endpoint)),
      };
      answers.push(answer);
      return answer;
    },
  };
}

async function answerTo(
  { ec2 }: Clients,
  ServiceId: string,
  call: Answer["call"],
  endpoint: string,
): Promise<Pick<Answer, "code" | "message" | "wholeCallFailed">> {
  const input = { ServiceId, VpcEndpointIds: [endpoint] };
  let Unsuccessful: UnsuccessfulItem[] | undefined;
  try {
    ({ Unsuccessful } =
      call === "Accept"
        ? await ec2.send(new AcceptVpcEndpointConnectionsCommand(input))
        : await ec2.send(new RejectVpcEndpointConnectionsCommand(input)));
  } catch (error) {
    if (!(error instanceof Error) || /^(UnauthorizedOperation|AuthFailure|RequestLimitExceeded|ExpiredToken)/.test(error.name)) throw error;
    return { code: error.name, message: error.message, wholeCallFailed: true };
  }
  const error = Unsuccessful?.[0]?.Error;
  return { code: error?.Code, message: error?.Message, wholeCallFailed: false };
}
