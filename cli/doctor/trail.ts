// Whether a CloudTrail trail logs what is done here: without one nobody learns who accepted in the console.

import type { Finding } from "../../lib/operator/doctor.ts";
import { signedCall } from "../verify/signed-call.ts";
import { found } from "./attempt.ts";
import type { Shown } from "./stack.ts";

/** One call of CloudTrail, whose client is not installed. */
export type TrailCall = (action: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

/** The trails that hear this Region, by their ARNs, and whether each is on. */
export async function trailsOf(call: TrailCall, region: string): Promise<{ readonly arn: string; readonly isOn: boolean }[]> {
  const { trailList = [] } = (await call("DescribeTrails", { includeShadowTrails: true })) as {
    trailList?: readonly { TrailARN: string; HomeRegion: string; IsMultiRegionTrail?: boolean }[];
  };
  const heard = trailList.filter((trail) => trail.IsMultiRegionTrail === true || trail.HomeRegion === region);
  return Promise.all(
    heard.map(async ({ TrailARN }) => ({
      arn: TrailARN,
      isOn: (await call("GetTrailStatus", { Name: TrailARN }))["IsLogging"] === true,
    })),
  );
}

const lost = "what people accept or reject outside Drawbridge is seen within a minute, but not by whom it was";

export async function trail({ region }: Shown): Promise<Finding[]> {
  const about = "trail";
  return found(about, "cloudtrail:DescribeTrails and cloudtrail:GetTrailStatus", async () => {
    const trails = await trailsOf(signed(region), region);
    if (trails.some(({ isOn }) => isOn)) return [{ about, state: "ok", message: "CloudTrail logs what is done here" }];
    const [off] = trails;
    if (off !== undefined)
      return [
        { about, state: "failed", message: `${off.arn} is switched off: ${lost}`, mend: `aws cloudtrail start-logging --name ${off.arn}` },
      ];
    return [
      {
        about,
        state: "failed",
        message: `no CloudTrail trail logs management events here: ${lost}`,
        mend: "aws cloudtrail create-trail --name management-events --is-multi-region-trail --s3-bucket-name <a bucket that CloudTrail may write to>, then aws cloudtrail start-logging --name management-events",
      },
    ];
  });
}

const signed =
  (region: string): TrailCall =>
  async (action, input) =>
    JSON.parse(
      await signedCall({
        service: "cloudtrail",
        region,
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.${action}`,
        },
        body: JSON.stringify(input),
      }),
    ) as Readonly<Record<string, unknown>>;
