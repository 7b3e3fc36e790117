// Where the endpoint service's own permissions differ from the allow-list that they are to follow, or were: what an operator is
// shown of it.

import type { ServiceId } from "../ids.ts";
import { permissionState } from "../loop/permissions.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";

export interface Problem {
  readonly message: string;
  readonly remedy: string;
  /** The next sweep puts it right. */
  readonly heals?: true;
}

export async function permissionDrift(ports: OperatorPorts, { service, permissions }: Service): Promise<Problem[]> {
  if (permissions !== "follow" || (await ports.endpointServices.describe(service)) === undefined) return [];
  const { wanted, allowed, changes } = await permissionState(ports, service);
  if ("cannot" in wanted)
    return [
      {
        message: `the permissions of ${service} cannot follow the allow-list: ${wanted.cannot}; they stay as they are`,
        remedy: `name the accounts themselves, or let them be with: drawbridge services set ${service} --permissions off`,
      },
    ];
  return [
    ...(changes.add.length === 0 ? [] : [healed(`${list(changes.add)} cannot ask to connect yet, though the allow-list names them`)]),
    ...(changes.remove.length === 0
      ? []
      : [healed(`${list(changes.remove)} can still ask to connect, though the allow-list no longer names them`)]),
    ...strangers(service, [
      ...allowed.others,
      ...allowed.accounts.filter((account) => !wanted.accounts.includes(account) && !changes.remove.includes(account)),
    ]),
  ];
}

/** What a change leaves that no sweep puts right. */
export async function lastingDrift(ports: OperatorPorts, service: Service, before?: Service): Promise<Problem[]> {
  if (service.permissions === "follow") return (await permissionDrift(ports, service)).filter(({ heals }) => heals !== true);
  return before?.permissions === "follow" ? leftBehind(ports, service.service) : [];
}

/** Who may still ask by a permission of ours, which nobody takes back any more. */
async function leftBehind(ports: OperatorPorts, service: ServiceId): Promise<Problem[]> {
  if ((await ports.endpointServices.describe(service)) === undefined) return [];
  const [allowed, ours] = await Promise.all([ports.endpointServices.allowed(service), ports.permits.of(service)]);
  const left = ours.flatMap(({ account }) => (allowed.accounts.includes(account) ? [account] : []));
  if (left.length === 0) return [];
  return [
    {
      message: `${list(left)} may still ask to connect to ${service}: Drawbridge let them, and takes nothing back while the permissions do not follow`,
      remedy: takeAway(service),
    },
  ];
}

const takeAway = (service: ServiceId): string =>
  `if that is not meant: aws ec2 modify-vpc-endpoint-service-permissions --service-id ${service} --remove-allowed-principals …`;

const healed = (message: string): Problem => ({
  message,
  remedy: "the next sweep puts that right, within a minute; if it stays so, look at the log of sweep",
  heals: true,
});

/** What somebody else allowed is left alone, and said. */
const strangers = (service: ServiceId, principals: readonly string[]): Problem[] =>
  principals.length === 0
    ? []
    : [
        {
          message: `${list(principals)} may ask to connect to ${service} by a permission that Drawbridge did not give, and leaves alone`,
          remedy: takeAway(service),
        },
      ];

const namedMax = 5;
const list = (names: readonly string[]): string =>
  `${names.slice(0, namedMax).join(", ")}${names.length > namedMax ? ` and ${String(names.length - namedMax)} more` : ""}`;
