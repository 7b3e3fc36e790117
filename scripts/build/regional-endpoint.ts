// In the bundles, in place of the SDK's endpoint rules: a service's endpoint in the function's own Region. See endpoints.ts.

/** What a partition's Regions look like, and the end of the host names there. The build compares it with the SDK's own list. */
export const suffixes: readonly (readonly [RegExp, string])[] = [
  [/^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/, "amazonaws.com"],
  [/^cn-\w+-\d+$/, "amazonaws.com.cn"],
  [/^eusc-(de)-\w+-\d+$/, "amazonaws.eu"],
  [/^us-iso-\w+-\d+$/, "c2s.ic.gov"],
  [/^us-isob-\w+-\d+$/, "sc2s.sgov.gov"],
  [/^eu-isoe-\w+-\d+$/, "cloud.adc-e.uk"],
  [/^us-isof-\w+-\d+$/, "csp.hci.ic.gov"],
  [/^us-gov-\w+-\d+$/, "amazonaws.com"],
];

/** As the SDK's rules are asked: what a client knows, by their names for it. */
interface Asked {
  readonly Region: string;
  /** From AWS_ENDPOINT_URL. */
  readonly Endpoint?: string;
  readonly UseFIPS?: boolean;
  readonly UseDualStack?: boolean;
  readonly UseGlobalEndpoint?: boolean;
  readonly EndpointId?: string;
  readonly AccountIdEndpointMode?: string;
}

export const regionalEndpoint = (host: string) => (asked: Asked) => {
  const { Region: region, Endpoint: given } = asked;
  if (
    asked.UseFIPS === true ||
    asked.UseDualStack === true ||
    asked.UseGlobalEndpoint === true ||
    asked.EndpointId !== undefined ||
    asked.AccountIdEndpointMode === "required"
  )
    throw new Error(`No function can call ${host} but at its Region's own endpoint: see scripts/build/`);
  const suffix = suffixes.find(([form]) => form.test(region))?.[1] ?? "amazonaws.com";
  return { url: new URL(given ?? `https://${host}.${region}.${suffix}`), properties: {}, headers: {} };
};
