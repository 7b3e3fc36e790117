// The data path of local AWS: how a process enters a VPC, and what happens to each connection that it makes from there.
import { PassThrough, Duplex } from "node:stream";
import { isIP } from "node:net";

import { freeAddress } from "../ip-ranges.ts";
import type { Clock } from "../service.ts";
import { defaultGroup } from "../services/ec2-network.ts";
import type { NetworkInterface } from "../services/ec2-parts.ts";
import type { Ec2State, Vpc } from "../services/ec2-state.ts";
import type { ElbState } from "../services/elb-state.ts";
import type { Zone } from "../services/route53-state.ts";
import { answerDns, isResolver } from "./dns-over-tcp.ts";
import { resolveName, type RecordType } from "./names.ts";
import { createPrograms } from "./programs.ts";
import { startProxy } from "./proxy.ts";
import { recordWay, type Recorder } from "./records.ts";
import { opened } from "./health.ts";
import { probe, wayTo, type Failure, type Ground, type Way } from "./ways.ts";

export interface DataPath {
  vpcs(): readonly VpcShown[];
  /** A proxy on loopback that resolves and connects as from inside. Throws when the VPC or who to be is not known. */
  enter(vpc: string, as?: string): Promise<Entry>;
  resolve(vpc: string, name: string, type: RecordType): readonly string[] | undefined;
  close(): Promise<void>;
}

export interface VpcShown {
  readonly id: string;
  readonly name: string | undefined;
  readonly account: string;
  readonly cidr: string;
}

export interface Entry {
  readonly port: number;
  readonly vpc: VpcShown;
  /** Whose address it has: an instance's, or one of its own. */
  readonly as: string;
  readonly address: string;
  /** What failed, in the order in which it did. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

export interface DataPathOptions extends Omit<Recorder, "ec2"> {
  readonly clock: Clock;
  readonly ec2: Ec2State;
  readonly elb: ElbState;
  readonly zones: ReadonlyMap<string, Zone>;
  /** How long a packet that nobody answers is waited for. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 2_000;

export function createDataPath(options: DataPathOptions): DataPath {
  const { ec2, elb } = options;
  const programs = createPrograms();
  const ground: Ground = { ec2, elb, programs, turns: new Map() };
  elb.probe = (balancer, group, target) => probe(ground, balancer, group, target);
  const entries = new Set<Entry>();
  const resolve = (vpc: Vpc, name: string, type: RecordType): readonly string[] | undefined =>
    resolveName({ ec2, zones: options.zones }, vpc, name, type);
  return {
    vpcs: () => [...ec2.vpcs.values()].map(shown),
    async enter(wanted, as) {
      const vpc = vpcNamed(ec2, wanted);
      const who = whoIn(ec2, vpc, as);
      const notes: string[] = [];
      const dial = async (host: string, port: number): Promise<Duplex | Failure> => {
        if (isResolver(host, port, vpc.cidr)) return resolverOf((name, type) => resolve(vpc, name, type));
        const made = await dialled({ ...options, ground, who, resolve: (name, type) => resolve(vpc, name, type) }, host, port);
        if ("failed" in made) notes.push(`${host}:${String(port)}: ${made.failed}: ${made.why}`);
        return made;
      };
      const proxy = await startProxy(dial);
      const entry: Entry = {
        port: proxy.port,
        vpc: shown(vpc),
        as: who.attachedTo,
        address: who.address,
        notes,
        async close() {
          entries.delete(entry);
          await proxy.close();
        },
      };
      entries.add(entry);
      return entry;
    },
    resolve: (wanted, name, type) => resolve(vpcNamed(ec2, wanted), name, type),
    async close() {
      await Promise.all([...entries].map((entry) => entry.close()));
      await programs.close();
    },
  };
}

interface Dialling extends DataPathOptions {
  readonly ground: Ground;
  readonly who: NetworkInterface;
  readonly resolve: (name: string, type: RecordType) => readonly string[] | undefined;
}

async function dialled(dialling: Dialling, host: string, port: number): Promise<Duplex | Failure> {
  const addresses = isIP(host) === 0 ? dialling.resolve(host, "A") : [host];
  if (addresses === undefined || addresses.length === 0)
    return { failed: "name not found", why: `no such name in ${dialling.who.vpcId}${whyNoName(dialling.ec2, host)}` };
  let last: Failure = { failed: "refused", why: "there is no address" };
  for (const address of addresses) {
    const begun = dialling.clock.now();
    const way = await wayTo(dialling.ground, dialling.who, address, port);
    const socket = "failed" in way.end ? undefined : await opened(way.end.loopbackPort);
    if (socket !== undefined) return recorded(dialling, way, begun, socket);
    last = "failed" in way.end ? way.end : { failed: "refused", why: `nothing answers at ${address}` };
    recordWay(dialling, way, { begun, bytesOut: 60, bytesIn: 0 });
  }
  // A dropped packet gets no answer at all; a caller notices only after a while.
  if (last.failed === "timed out") await new Promise((resolve) => setTimeout(resolve, dialling.silenceMs ?? SILENCE_MS));
  return last;
}

/** Counts what passes, and writes it down when the connection ends: by itself, or because its endpoint is cut off. */
function recorded(dialling: Dialling, way: Way, begun: number, socket: Duplex & { bytesRead: number; bytesWritten: number }): Duplex {
  const cut = (): unknown => socket.destroy();
  way.endpoint?.open.add(cut);
  socket.once("close", () => {
    way.endpoint?.open.delete(cut);
    recordWay(dialling, way, { begun, bytesOut: socket.bytesWritten, bytesIn: socket.bytesRead });
  });
  return socket;
}

function resolverOf(resolve: (name: string, type: RecordType) => readonly string[] | undefined): Duplex {
  const [questions, answers] = [new PassThrough(), new PassThrough()];
  answerDns(Duplex.from({ readable: questions, writable: answers }), resolve);
  return Duplex.from({ readable: answers, writable: questions });
}

/** An endpoint's name that is not there yet, or no more, says why. */
function whyNoName(ec2: Ec2State, host: string): string {
  const [id] = /vpce-[0-9a-f]{17}/.exec(host) ?? [];
  const endpoint = ec2.endpoints.get(id ?? "");
  return endpoint === undefined ? "" : ` (${endpoint.id} is ${endpoint.state})`;
}

const nameOf = ({ tags }: { readonly tags: ReadonlyMap<string, string> }): string | undefined => tags.get("Name");
const shown = (vpc: Vpc): VpcShown => ({ id: vpc.id, name: nameOf(vpc), account: vpc.owner, cidr: vpc.cidr });

/** By its id or its tag Name. */
function vpcNamed(ec2: Ec2State, wanted: string): Vpc {
  const all = [...ec2.vpcs.values()];
  const found = all.filter((vpc) => vpc.id === wanted || nameOf(vpc)?.toLowerCase() === wanted.toLowerCase());
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const named = all.flatMap((vpc) => nameOf(vpc) ?? []);
  if (found.length > 1)
    throw new Error(`${found.length} VPCs are called ${wanted}: give one's id (${found.map(({ id }) => id).join(", ")}).`);
  throw new Error(`There is no VPC ${wanted}.${named.length === 0 ? "" : ` There are: ${named.join(", ")}.`}`);
}

/** The instance that was asked for; else the one called client, or the only one; else a visitor with the default group. */
function whoIn(ec2: Ec2State, vpc: Vpc, as: string | undefined): NetworkInterface {
  const running = [...ec2.instances.values()].filter(
    (one) => one.state === "running" && ec2.interfaces.get(one.interfaceId)?.vpcId === vpc.id,
  );
  const matches = (word: string): typeof running => running.filter((one) => one.id === word || (nameOf(one) ?? "").includes(word));
  const chosen = as === undefined ? [...matches("client"), ...(running.length === 1 ? running : [])] : matches(as);
  const nic = ec2.interfaces.get(chosen[0]?.interfaceId ?? "");
  if (nic !== undefined) return nic;
  if (as !== undefined) throw new Error(`${vpc.id} has no running instance ${as}.`);
  const subnet = [...ec2.subnets.values()].find((one) => one.vpcId === vpc.id);
  if (subnet === undefined) throw new Error(`${vpc.id} has no subnet to stand in.`);
  const taken = new Set([...ec2.interfaces.values()].filter((one) => one.vpcId === vpc.id).map(({ address }) => address));
  return {
    id: "eni-visitor",
    owner: vpc.owner,
    sequence: 0,
    vpcId: vpc.id,
    subnetId: subnet.id,
    zone: subnet.zone,
    address: freeAddress(subnet.cidr, taken) ?? "",
    kind: "interface",
    attachedTo: "a visitor",
    groupIds: [defaultGroup(vpc.owner, vpc.id)],
  };
}
