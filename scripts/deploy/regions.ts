// AWS's Regions, as the SDK's own tables have them: which there are, and which partition each is in.
import { VPCRegion } from "@aws-sdk/client-route-53";
import { partition } from "@aws-sdk/core/client";

import { nearest } from "../../lib/nearest.ts";

export interface Partition {
  /** `aws`, `aws-cn`, `aws-us-gov`, `aws-iso` … */
  readonly name: string;
  readonly dnsSuffix: string;
}

export const partitionOf = (region: string): Partition => partition(region);

/** The SDK describes those it knows; a Region newer than it takes a newer SDK. */
export const isRegion = (code: string): boolean => "description" in partition(code);

export const nearestRegion = (code: string): string | undefined => nearest(code, Object.values(VPCRegion));
