// CloudTrail's trails: whether the account has one. What it records is in local/cloudtrail.ts.
import type { Service } from "../service.ts";

export function createTrails(options: { readonly region: string; readonly hasTrail: () => boolean }): Service {
  const trail = (account: string) => ({
    Name: "management-events",
    S3BucketName: "trail",
    HomeRegion: options.region,
    IsMultiRegionTrail: true,
    TrailARN: `arn:aws:cloudtrail:${options.region}:${account}:trail/management-events`,
  });
  return {
    signingName: "cloudtrail",
    actions: new Set(["DescribeTrails", "GetTrailStatus"]),
    demands: ({ action, caller }) => [
      { action: `cloudtrail:${action}`, resource: action === "DescribeTrails" ? "*" : trail(caller.account).TrailARN },
    ],
    handle: ({ action, caller }) =>
      action === "GetTrailStatus" ? { IsLogging: options.hasTrail() } : { trailList: options.hasTrail() ? [trail(caller.account)] : [] },
  };
}
