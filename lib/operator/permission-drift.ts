// Where the endpoint service's own permissions differ from the allow-list that they are to follow: what an operator is shown of it.

import type { ServiceId } from "../ids.ts";
import { permissionState } from "../loop/permissions.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";

interface Problem {
  readonly message: string;
  readonly remedy: string;
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

const healed = (message: string): Problem => ({
  message,
  remedy: "the next sweep puts that right, within a minute; if it stays so, look at the log of sweep",
});

/** What somebody else allowed is left alone, and said. */
const strangers = (service: ServiceId, principals: readonly string[]): Problem[] =>
  principals.length === 0
    ? []
    : [
        {
          message: `${list(principals)} may ask to connect to ${service} by a permission that Drawbridge did not give, and leaves alone`,
          remedy: `if that is not meant: aws ec2 modify-vpc-endpoint-service-permissions --service-id ${service} --remove-allowed-principals …`,
        },
      ];

const namedMax = 5;
const list = (names: readonly string[]): string =>
  `${names.slice(0, namedMax).join(", ")}${names.length > namedMax ? ` and ${String(names.length - namedMax)} more` : ""}`;
