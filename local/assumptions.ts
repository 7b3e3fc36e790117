// Every point that AWS leaves undocumented and local AWS has to decide: its default here, and the option that turns it.

export interface Assumptions {
  readonly rateRuleFirstTick: number;
  readonly vpcsNeedNotExist: boolean;
  readonly servicesOpenUntilPermissionsSet: boolean;
  readonly vpcEndpointIdFilterWorks: boolean;
  readonly dnsEntriesWhilePendingAcceptance: boolean;
  readonly wrongStateCode: string;
  readonly acceptAgainSucceeds: boolean;
  readonly acceptAfterRejectSucceeds: boolean;
  readonly pendingAcceptanceExpiresMs: number | undefined;
  readonly deletedStayListedMs: number;
  readonly deleteEventForEveryState: boolean;
  readonly acceptEventOnAutomaticAcceptance: boolean;
  readonly consumerTagsOnConnections: boolean;
  readonly privateDnsVerificationSucceeds: boolean;
  readonly notificationForm: "json" | "text";
  readonly zoneBusyMs: number;
  readonly zoneRecordsMax: number;
  readonly endpointNamesResolveElsewhere: boolean;
}

export const defaultAssumptions: Assumptions = {
  vpcsNeedNotExist: true,
  servicesOpenUntilPermissionsSet: true,
  vpcEndpointIdFilterWorks: true,
  dnsEntriesWhilePendingAcceptance: false,
  wrongStateCode: "InvalidState",
  acceptAgainSucceeds: false,
  acceptAfterRejectSucceeds: false,
  pendingAcceptanceExpiresMs: undefined,
  deletedStayListedMs: 60 * 60 * 1000,
  deleteEventForEveryState: true,
  acceptEventOnAutomaticAcceptance: false,
  consumerTagsOnConnections: false,
  privateDnsVerificationSucceeds: true,
  notificationForm: "json",
  zoneBusyMs: 0,
  zoneRecordsMax: 10_000,
  endpointNamesResolveElsewhere: false,
  rateRuleFirstTick: 0.5,
};

/** For people: what each option stands for. The first two are conveniences of ours; all others are open points of AWS. */
export const assumptionTexts: Readonly<Record<keyof Assumptions, string>> = {
  vpcsNeedNotExist: "A well-formed VPC, subnet or security group id need not have been created. AWS refuses one that does not exist.",
  servicesOpenUntilPermissionsSet:
    "A service whose permissions nobody has touched lets every account ask. On AWS only its owner may, until ModifyVpcEndpointServicePermissions names principals; from the first such call on, so does local AWS.",
  vpcEndpointIdFilterWorks:
    "DescribeVpcEndpointConnections takes the filter vpc-endpoint-id (the API page lists it, a report says the server rejects it).",
  dnsEntriesWhilePendingAcceptance: "DnsEntries is filled while a connection is pendingAcceptance.",
  wrongStateCode: "The code in Unsuccessful when a connection is in the wrong state for Accept or Reject.",
  acceptAgainSucceeds: "Accepting a connection that is pending or available already succeeds and changes nothing.",
  acceptAfterRejectSucceeds: "A rejected connection can still be accepted.",
  pendingAcceptanceExpiresMs: "After how long pendingAcceptance becomes expired; undefined: never.",
  deletedStayListedMs: "How long a deleted endpoint, connection or service stays in Describe output.",
  deleteEventForEveryState: "The Delete notification is sent for rejected, expired and failed connections too.",
  acceptEventOnAutomaticAcceptance: "A service without acceptance required sends Accept besides Connect.",
  consumerTagsOnConnections: "Tags that the consumer sets on its endpoint show in the provider's view of the connection.",
  privateDnsVerificationSucceeds:
    "StartVpcEndpointServicePrivateDnsVerification succeeds when the TXT record is in a public zone of local Route 53; otherwise, or when this is off, the state becomes failed at once. How long AWS goes on looking is not documented.",
  zoneBusyMs: "How long Route 53 refuses further changes of a zone with PriorRequestNotComplete after one.",
  endpointNamesResolveElsewhere:
    "An endpoint's own DNS names resolve, to its private addresses, outside its VPC too. Its addresses lead nowhere there in either case.",
  zoneRecordsMax:
    "How many record sets a zone takes: 10,000 is documented, how AWS words the refusal is not. Here it is InvalidChangeBatch and names the limit.",
  rateRuleFirstTick: "The part of its period after which a rate rule fires first; after that it fires once a period.",
  notificationForm:
    "Whether the body of a connection notification is JSON or text. Its members and its subject are invented in either form.",
};
