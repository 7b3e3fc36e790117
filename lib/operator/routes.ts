// The operators' API as one table: each route and the use-case that answers it.

import { approve, reject } from "./answers.ts";
import * as approvers from "./approvers.ts";
import { audit } from "./audit.ts";
import * as connections from "./connections.ts";
import { pending } from "./pending.ts";
import { deployment } from "./deployment.ts";
import * as entries from "./entries.ts";
import { batch, foresee } from "./entry-batch.ts";
import { explain } from "./explain.ts";
import * as freezes from "./freezes.ts";
import type { Operator, OperatorPorts } from "./operator.ts";
import { preview } from "./service-survey.ts";
import { set } from "./service-settings.ts";
import * as services from "./services.ts";
import { tellingUnreadable } from "./unreadable-entry.ts";

/** `input` holds path, query and body together; the path wins. */
export type UseCase = (ports: OperatorPorts, actor: Operator, input: unknown) => Promise<unknown>;

const reads =
  (useCase: (ports: OperatorPorts, input: unknown) => Promise<unknown>): UseCase =>
  (ports, _actor, input) =>
    useCase(ports, input);

/** A row of the list that cannot be read is told by name, whatever came upon it. */
const naming =
  (useCase: UseCase): UseCase =>
  async (...given) => {
    try {
      return await useCase(...given);
    } catch (error) {
      throw tellingUnreadable(error);
    }
  };

const useCases: Readonly<Record<string, UseCase>> = {
  "GET /services": reads(services.list),
  "POST /services": services.add,
  "GET /services/{service}": reads(services.show),
  "PATCH /services/{service}": set,
  "DELETE /services/{service}": services.remove,
  "POST /services/{service}/enforce": services.enforce,
  "GET /services/{service}/preview": reads(preview),
  "GET /entries": reads(entries.list),
  "PUT /entries": entries.put,
  "POST /entries/batch": batch,
  "POST /entries/preview": foresee,
  "GET /entries/{service}/{principal}": reads(entries.show),
  "DELETE /entries/{service}/{principal}": entries.remove,
  "GET /explain": reads(explain),
  "GET /freezes": reads(freezes.list),
  "PUT /freezes/{id}": freezes.freeze,
  "DELETE /freezes/{id}": freezes.unfreeze,
  "GET /connections": reads(connections.list),
  "GET /connections/{endpoint}": reads(connections.show),
  "GET /approvers": reads(approvers.list),
  "PUT /approvers/{name}": approvers.put,
  "DELETE /approvers/{name}": approvers.remove,
  "POST /approvers/{name}/confirm": approvers.confirm,
  "POST /approvers/{name}/test": approvers.test,
  "GET /pending": reads(pending),
  "POST /connections/{endpoint}/approve": approve,
  "POST /connections/{endpoint}/reject": reject,
  "GET /audit": reads(audit),
  "GET /deployment": deployment,
};

export const operatorRoutes: Readonly<Record<string, UseCase>> = Object.fromEntries(
  Object.entries(useCases).map(([route, useCase]) => [route, naming(useCase)]),
);
