// Whether the connection is accepted and available; and what Drawbridge says of it, where the caller may ask.
import type { ShownConnection } from "../../lib/operator/connections.ts";
import { pathOf, type Api } from "../client.ts";
import { failed, notReadable, ok, type Finding } from "./finding.ts";
import type { Sides } from "./sides.ts";

export function acceptance({ consumer, provider }: Sides): readonly Finding[] {
  const side = provider ?? consumer;
  if (side === undefined) return [];
  const { endpoint, state } = side;
  const isProvider = provider !== undefined;
  const accepted = acceptedOf(endpoint, state, isProvider);
  return accepted.state === "failed" ? [accepted] : [accepted, stateFinding(state)];
}

function acceptedOf(endpoint: string, state: string, isProvider: boolean): Finding {
  switch (state) {
    case "pendingAcceptance":
      return failed(
        "acceptance",
        "pendingAcceptance: the provider has not accepted it yet, so it has no name and takes no traffic",
        isProvider ? `drawbridge approve ${endpoint}` : `the provider accepts it: drawbridge approve ${endpoint}`,
      );
    case "rejected":
      return failed(
        "acceptance",
        "rejected: the provider takes no traffic from it",
        isProvider
          ? `drawbridge show ${endpoint} says why`
          : "ask the provider why; once that is mended, delete the endpoint and create it again",
      );
    case "expired":
      return failed("acceptance", "expired: nobody answered the request in time", "delete the endpoint and create it again");
    default:
      return ok("acceptance", "accepted");
  }
}

function stateFinding(state: string): Finding {
  switch (state) {
    case "available":
      return ok("state", "available");
    case "pending":
      return failed("state", "pending: AWS is still at work on it", "repeat the command in a minute");
    case "partial":
      return failed("state", "partial: AWS could make it in some of its subnets only", "see its subnets: aws ec2 describe-vpc-endpoints");
    case "deleting":
    case "deleted":
      return failed("state", `${state}: its consumer has deleted it`, "create the endpoint again");
    default:
      return failed("state", `${state}: AWS could not make it`, "delete the endpoint and create it again");
  }
}

/** What Drawbridge decided and because of what. Only where a deployment's address is given: a consumer has none. */
export async function recorded(api: Api, endpoint: string): Promise<Finding> {
  try {
    return told(await api.get<ShownConnection>(pathOf("connections", endpoint)));
  } catch (error) {
    return notReadable("drawbridge", error instanceof Error ? error.message : String(error));
  }
}

/** The events that say why it stands as it does. */
const DECISIONS = new Set([
  "ApprovalRequested",
  "ConnectionApproved",
  "ConnectionDenied",
  "ConnectionAdopted",
  "AcceptedOutside",
  "RejectedOutside",
]);

function told(shown: ShownConnection): Finding {
  const decided = shown.history.toReversed().find(({ event }) => DECISIONS.has(event.type))?.event;
  const why = decided !== undefined && "because" in decided ? `: ${decided.because.detail}` : "";
  const message = `${shown.words}${why}`;
  const { status, endpoint } = shown.connection;
  if (status === "connected" || status === "approved" || status === "adopted") return ok("drawbridge", message);
  return failed("drawbridge", message, status === "asking" ? `drawbridge approve ${endpoint}` : `drawbridge show ${endpoint}`);
}
