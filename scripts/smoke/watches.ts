// What only time tells, watched beside the rest of the run: how long gone connections stay listed, and what CloudTrail brings.
import type { Caught, TrailRecord } from "./caught.ts";
import type { Endpoints, Probing } from "./probe-decisions.ts";
import type { Connections } from "./connections.ts";

const MINUTE = 60_000;

/** Ends with the list's last word, or when the time is over. */
export async function watchDeleted({ connections, steps, options, findings }: Probing, endpoints: Endpoints): Promise<void> {
  const { listed } = options.waits;
  const passed = Date.now() - endpoints.deletedAt;
  await steps.probe("until the deleted connections leave the list", listed + MINUTE, async (wait) => {
    const gone = await wait.within(Math.max(listed - passed, 0), async () => {
      const ids = new Set((await connections.list()).map(({ VpcEndpointId }) => VpcEndpointId));
      return ids.has(endpoints.decided) || ids.has(endpoints.waiting) ? undefined : Date.now();
    });
    if (gone === undefined) findings.missed("deleted-stay-listed", `still listed after ${seconds(Date.now() - endpoints.deletedAt)}`);
    else
      findings.compared(
        "deleted-stay-listed",
        gone - endpoints.deletedAt,
        `gone when looked at ${seconds(gone - endpoints.deletedAt)} after the deletion`,
      );
  });
}

/** `rejected` is the story's own rejected endpoint, left standing until now. */
export async function lookAtRejected({ connections, steps, findings }: Probing, rejected: string): Promise<void> {
  await steps.probe("whether the rejected connection is still listed", MINUTE, async () => {
    const since = connections.states.find(({ endpoint, state }) => endpoint === rejected && state === "rejected")?.at;
    const state = await connections.stateOf(rejected);
    const passed = since === undefined ? "?" : seconds(Date.now() - Date.parse(since));
    findings.seen(
      "rejected-stay-listed",
      state === undefined ? `gone after ${passed}` : `still listed (${state}) after ${passed}, until its owner deletes it`,
    );
  });
}

/** Of an endpoint, and not of a service or a notification. */
const endpointId = /vpce-[0-9a-f]{8,17}/;

const wanted = ["AcceptVpcEndpointConnections", "RejectVpcEndpointConnections"] as const;

export async function watchTrail(probing: Probing): Promise<void> {
  const { caught, steps, options, clients, findings, connections } = probing;
  await steps.probe("CloudTrail's records", options.waits.trail + MINUTE, async (wait) => {
    const has = (name: string): boolean => caught.trail.some((record) => record.name === name);
    await wait.within(options.waits.trail, () => (wanted.every(has) ? true : undefined));
    const decisions = caught.trail.filter(({ name }) => wanted.some((one) => one === name));
    const [first] = decisions;
    if (first === undefined) return;
    findings.judged(
      "trail-shape",
      decisions.every(isByConvention),
      shapeWords(first),
      decisions.slice(0, 4).map(({ detail }) => detail),
    );
    const late = decisions.flatMap((record) => latencyOf(record, connections) ?? []);
    if (late.length > 0)
      findings.seen(
        "trail-latency",
        `${seconds(Math.min(...late))} to ${seconds(Math.max(...late))} after the call, ${String(late.length)} records`,
        late,
      );
    if (clients.account !== clients.consumerAccount) {
      const reached = has("CreateVpcEndpoint");
      findings.judged("trail-of-consumer", !reached, reached ? "it does" : "none came, while the provider's own records did");
    }
  });
}

/** What local AWS assumes: `requestParameters.<Name>Request.{ServiceId, VpcEndpointId}`. */
function isByConvention({ name, detail }: TrailRecord): boolean {
  const asked = member(member(detail, "requestParameters"), `${name}Request`);
  return member(asked, "ServiceId") !== undefined && member(asked, "VpcEndpointId") !== undefined;
}

function shapeWords(record: TrailRecord): string {
  return `requestParameters: ${JSON.stringify(member(record.detail, "requestParameters"))}`;
}

function latencyOf({ receivedAt, detail }: TrailRecord, { answers }: Connections): number | undefined {
  const text = JSON.stringify(detail);
  const at = Date.parse(String(detail["eventTime"]));
  if (!Number.isFinite(at) || !answers.some(({ endpoint }) => text.includes(endpoint))) return undefined;
  return Math.max(0, receivedAt - at);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Said once, from all that came. */
export function sumUpNotifications({
  caught,
  connections,
  latencies,
  findings,
}: Pick<Probing, "caught" | "connections" | "latencies" | "findings">): void {
  const others = caught.notifications.filter(({ body }) => !endpointId.test(body));
  if (others.length > 0 || caught.others.length > 0)
    findings.seen("notification-other", `${String(others.length + caught.others.length)} messages`, [
      ...others.map(({ body }) => body),
      ...caught.others,
    ]);
  if (latencies.length === 0) return;
  const late = latencies.map(({ toQueueMs }) => toQueueMs);
  findings.seen(
    "notification-latency",
    `${seconds(Math.min(...late))} to ${seconds(Math.max(...late))} from the call to the queue`,
    latencies,
  );
  const repeats = repeated(caught, connections);
  findings.judged(
    "notification-repeats",
    repeats.length === 0,
    repeats.length === 0 ? "each came once" : `${String(repeats.length)} came again`,
    repeats,
  );
}

/** The very same message, or an event of an endpoint more often than it happened. */
function repeated({ notifications }: Caught, { answers }: Connections): readonly { readonly what: string; readonly times: number }[] {
  const times = new Map<string, number>();
  const happened = new Map<string, number>();
  for (const { word, message, messageId } of notifications) {
    const endpoint = endpointId.exec(message)?.[0];
    const whats = [`message ${messageId ?? "?"}`, ...(word === undefined || endpoint === undefined ? [] : [`${word} of ${endpoint}`])];
    for (const what of whats) times.set(what, (times.get(what) ?? 0) + 1);
    const done = answers.filter((answer) => answer.call === word && answer.endpoint === endpoint && answer.code === undefined).length;
    happened.set(`${word ?? ""} of ${endpoint ?? ""}`, Math.max(done, 1));
  }
  return [...times].filter(([what, count]) => count > (happened.get(what) ?? 1)).map(([what, count]) => ({ what, times: count }));
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
