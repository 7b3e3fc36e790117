// Whether the connection is accepted and available; and what Drawbridge says of it, where the caller may ask.
import { isEvent } from "../../lib/ledger.ts";
import type { ShownConnection } from "../../lib/operator/connections.ts";
import { pathOf, type Api } from "../client.ts";
import { Failure } from "../failure.ts";
import { failed, notReadable, ok, type Finding } from "./finding.ts";
import type { ConsumerSide, Sides } from "./sides.ts";

/** States after which there is nothing left of the endpoint, whether or not it was ever accepted. */
const ENDED = new Set(["deleting", "deleted", "failed"]);

export const isEnded = (state: string): boolean => ENDED.has(state);

export function acceptance(sides: Sides, again: string): readonly Finding[] {
  const state = (sides.provider ?? sides.consumer)?.state;
  if (state === undefined) return [];
  const notAccepted = notAcceptedIn(state, sides);
  if (notAccepted !== undefined) return [notAccepted];
  const shown = stateFinding(state, sides, again);
  return isEnded(state) ? [shown] : [ok("acceptance", "accepted"), shown];
}

function notAcceptedIn(state: string, sides: Sides): Finding | undefined {
  const about = "acceptance";
  const { consumer, provider } = sides;
  switch (state) {
    case "pendingAcceptance": {
      const approve = `drawbridge approve ${endpointOf(sides)}`;
      return failed(
        about,
        "pendingAcceptance: the provider has not accepted it yet, so it has no name and takes no traffic",
        provider === undefined ? `the provider accepts it: ${approve}` : approve,
      );
    }
    case "rejected":
      return failed(
        about,
        "rejected: the provider takes no traffic from it, and it does not come back",
        provider === undefined
          ? `ask the provider why; once that is mended: ${recreated(consumer)}`
          : `drawbridge show ${provider.endpoint} says why; to let the next one in: drawbridge allow ${provider.consumer} --service ${provider.serviceId}`,
      );
    case "expired":
      return failed(
        about,
        "expired: nobody answered the request in time",
        provider === undefined ? recreated(consumer) : `${provider.consumer} makes it anew: ${recreated(consumer ?? provider)}`,
      );
    default:
      return undefined;
  }
}

function stateFinding(state: string, sides: Sides, again: string): Finding {
  const { consumer, provider } = sides;
  const endpoint = endpointOf(sides);
  const why = consumer?.error === undefined ? "" : ` (${consumer.error})`;
  switch (state) {
    case "available":
      return ok("state", "available");
    case "pending":
      return failed("state", "pending: AWS is still at work on it", `in a minute: ${again}`);
    case "partial":
      return failed(
        "state",
        `partial: AWS could make it in some of its subnets only${why}`,
        `its consumer sees which: aws ec2 describe-vpc-endpoints --vpc-endpoint-ids ${endpoint} --query 'VpcEndpoints[0].[SubnetIds,NetworkInterfaceIds,LastError]'`,
      );
    case "deleting":
    case "deleted":
      return failed(
        "state",
        `${state}: its consumer has deleted it`,
        consumer === undefined && provider !== undefined
          ? `what ${provider.consumer} needs to make it again: drawbridge invite ${provider.consumer} --service ${provider.serviceId}`
          : created(consumer),
      );
    default:
      return failed("state", `${state}: AWS could not make it${why}`, recreated(consumer ?? provider));
  }
}

const endpointOf = ({ consumer, provider }: Sides): string => (provider ?? consumer)?.endpoint ?? "";

function recreated(side: ConsumerSide | Sides["provider"]): string {
  const deleted = `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ${side?.endpoint ?? ""}`;
  return side !== undefined && "vpc" in side ? `${deleted}, then create it again: ${created(side)}` : `${deleted}, and create it again`;
}

/** As it was. */
function created(consumer: ConsumerSide | undefined): string {
  const list = (ids: readonly string[] = [], otherwise: string): string => (ids.length === 0 ? otherwise : ids.join(" "));
  const places = `--subnet-ids ${list(consumer?.subnets, "<subnets>")} --security-group-ids ${list(consumer?.groups, "<groups>")}`;
  return `aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --service-name ${consumer?.service ?? ""} --vpc-id ${consumer?.vpc ?? ""} ${places}`;
}

/** What Drawbridge decided and because of what. Only where a deployment's address is given: a consumer has none. */
export async function recorded(api: Api, endpoint: string): Promise<Finding> {
  try {
    return told(await api.get<ShownConnection>(pathOf("connections", endpoint)));
  } catch (error) {
    const remedy = error instanceof Failure ? error.remedy : undefined;
    return notReadable("drawbridge", error instanceof Error ? error.message : String(error), remedy ?? "see drawbridge doctor");
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
  const decided = shown.history.filter(isEvent).findLast(({ event }) => DECISIONS.has(event.type))?.event;
  const why = decided !== undefined && "because" in decided ? `: ${decided.because.detail}` : "";
  const message = `${shown.words}${why}`;
  const { status, endpoint } = shown.connection;
  if (status === "connected" || status === "approved" || status === "adopted") return ok("drawbridge", message);
  return failed("drawbridge", message, status === "asking" ? `drawbridge approve ${endpoint}` : `drawbridge show ${endpoint}`);
}
