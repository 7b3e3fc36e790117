// How the deployment is, as far as its own API may know: the zones, and each service in its care.

import { anyApprover } from "../approver.ts";
import { Fault } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { concurrently } from "../loop/concurrently.ts";
import type { Service } from "../service.ts";
import { list } from "./approvers.ts";
import type { UnreadableEntry } from "../ports.ts";
import type { OperatorPorts } from "./operator.ts";
import { all } from "./paging.ts";
import { obstaclesOf, zonesOf } from "./service-survey.ts";
import { isUnreadable, unreadableMend, unreadableWords } from "./unreadable-entry.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly about: string;
  readonly state: "ok" | "failed" | "not readable";
  readonly message: string;
  /** The command, or what else to do. */
  readonly mend?: string;
}

type Ports = Pick<
  OperatorPorts,
  "services" | "endpointServices" | "zones" | "deployment" | "approvers" | "subscriptions" | "allowList" | "slack"
>;

const servicesAtOnce = 8;

export async function examine(ports: Ports): Promise<Finding[]> {
  const [zones, people, services] = await Promise.all([examineZones(ports), examineApprovers(ports), ports.services.all()]);
  const looked = await concurrently(services, servicesAtOnce, (service) => examineService(ports, service));
  const list = await examineList(ports, services);
  return [...zones, ...people, ...(services.length === 0 ? [noServices] : []), ...looked.flat(), ...list];
}

/** Each address by itself: that many others are confirmed helps nobody. */
async function examineApprovers(ports: Ports): Promise<Finding[]> {
  return readable("approvers", async () => {
    const { items, mailbox, warnings } = await list(ports);
    const addresses = [...(mailbox === undefined ? [] : [mailbox]), ...items].flatMap(({ name, email, mail }) =>
      email === undefined ? [] : [{ name, email, mail }],
    );
    if (addresses.length === 0 && items.length === 0) return [await askedInSlack(ports)];
    const lost = addresses.filter(({ mail }) => mail === "pending" || mail === "lost");
    const confirmed = addresses.length - lost.length;
    return [
      ...lost.map(({ name, email, mail }): Finding => ({
        about: "approvers",
        state: "failed",
        message: `${email} ${mail === "pending" ? "has not confirmed" : "is not subscribed any more"}: nothing is sent there`,
        mend: `npx drawbridge approvers add ${name}${name === anyApprover ? "" : ` --email ${email}, with their other details`}`,
      })),
      ...warnings.map((message): Finding => ({ about: "approvers", state: "failed", message })),
      ...(confirmed > 0 ? [{ about: "approvers", state: "ok", message: `${String(confirmed)} confirmed` } as const] : []),
    ];
  });
}

/** Whoever is in Slack's channel may be all who are asked. */
async function askedInSlack({ slack }: Ports): Promise<Finding> {
  try {
    return (await slack.asks()) ? { about: "approvers", state: "ok", message: "asked in Slack, and nobody by mail" } : nobody;
  } catch (error) {
    if (!(error instanceof Fault) || error.retryable) throw error;
    const message = `nobody is asked by mail, and in Slack neither: ${error.message}`;
    return { about: "approvers", state: "failed", message, mend: "put the secret of the stack's output SlackSecretArn right" };
  }
}

const nobody: Finding = {
  about: "approvers",
  state: "failed",
  message: "nobody is asked, by mail or in Slack",
  mend: "set approverEmail in drawbridge.config.yml, then npm run deploy; or name people: npx drawbridge approvers add; or configure Slack (docs/slack.md)",
};

const noServices: Finding = {
  about: "services",
  state: "ok",
  message: "none is in care yet; take one in with: npx drawbridge services add",
};

async function examineZones(ports: Ports): Promise<Finding[]> {
  return readable("zones", async () =>
    (await zonesOf(ports)).map(({ id, name }): Finding => {
      if (name !== undefined) return { about: id, state: "ok", message: `names can be made in ${name}` };
      return {
        about: id,
        state: "failed",
        message: "the hosted zone is gone, or not to be read: no name can be made or removed in it",
        mend: "take it out of hostedZones in drawbridge.config.yml, or put the right id there; then npm run deploy",
      };
    }),
  );
}

function examineService(ports: Ports, service: Service): Promise<Finding[]> {
  const id = service.service;
  return readable(id, async () => {
    const facts = await ports.endpointServices.describe(id);
    const obstacles = obstaclesOf(id, facts).map(({ code, message, remedy }): Finding => ({
      about: id,
      state: "failed",
      message,
      mend: code === "NotFound" ? `if it is gone for good: npx drawbridge services remove ${id} --yes` : commandIn(remedy),
    }));
    const notification = facts === undefined ? [] : await examineNotification(ports, service);
    const problems = [...obstacles, ...notification, ...zoneOf(ports, service)];
    if (problems.length > 0) return problems;
    return [
      { about: id, state: "ok", message: `acceptance required, tagged, notified${service.mode === "observe" ? "; only observed" : ""}` },
    ];
  });
}

async function examineNotification({ endpointServices, deployment }: Ports, service: Service): Promise<Finding[]> {
  if ((await endpointServices.notification(service.service, deployment.topic)) !== undefined) return [];
  return [
    {
      about: service.service,
      state: "failed",
      message:
        "AWS does not notify Drawbridge of its connections (the notification is gone or disabled): only the sweep finds them, each minute",
      mend: addAgain(service),
    },
  ];
}

/** Repeating it makes the notification anew, and changes nothing else. */
function addAgain({ service, zone, mode, outsideAccept }: Service): string {
  return [
    `npx drawbridge services add ${service}`,
    zone === undefined ? "--no-names" : `--zone ${zone.id}`,
    ...(mode === "observe" ? ["--observe"] : []),
    ...(outsideAccept === "keep" ? [] : [`--outside ${outsideAccept}`]),
    "--yes",
  ].join(" ");
}

function zoneOf({ deployment }: Ports, { service, zone }: Service): Finding[] {
  if (zone === undefined || deployment.zones.includes(zone.id)) return [];
  return [
    {
      about: service,
      state: "failed",
      message: `its zone ${zone.name} (${zone.id}) is not among this deployment's zones: its names are neither made nor removed`,
      mend: `add ${zone.id} to hostedZones in drawbridge.config.yml, then npm run deploy`,
    },
  ];
}

/** More are read by `list --all`. */
const rowsMax = 10_000;

/** A row that cannot be read keeps everybody whom it may speak of from being decided. */
function examineList({ allowList }: Ports, services: readonly Service[]): Promise<Finding[]> {
  return readable("allow-list", async () => {
    let read = 0;
    const spoilt: UnreadableEntry[] = [];
    for (const at of ["*" as const, ...services.map(({ service }) => service)]) {
      const { items } = await all((page) => allowList.ofService(at, page), rowsMax - read);
      read += items.length;
      spoilt.push(...items.filter(isUnreadable));
      if (read >= rowsMax) break;
    }
    const failed = spoilt.map((found): Finding => ({
      about: "allow-list",
      state: "failed",
      message: `${unreadableWords(found)}; nobody whom it may speak of is decided`,
      mend: unreadableMend(found),
    }));
    if (failed.length > 0) return failed;
    const message =
      read >= rowsMax
        ? `the first ${String(rowsMax)} entries can be read; npx drawbridge list --all reads every one`
        : read === 0
          ? "there are no entries yet"
          : `every entry can be read, ${String(read)} in all`;
    return [{ about: "allow-list", state: "ok", message }];
  });
}

/** `set it with: aws …` → `aws …` */
const commandIn = (remedy: string): string => /: (aws .+)$/.exec(remedy)?.[1] ?? remedy;

/** What AWS does not let us see is told, and does not hide the rest. */
async function readable(about: string | ServiceId, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [{ about, state: "not readable", message: error instanceof Error ? error.message : String(error) }];
  }
}
