// Everything that the deployed system does, told story by story, in this order: each right that is granted must be needed by one of them.

import { asking } from "./stories/asking.ts";
import { changes } from "./stories/changes.ts";
import { connecting } from "./stories/connecting.ts";
import { failures } from "./stories/failures.ts";
import { log } from "./stories/log.ts";
import { names } from "./stories/names.ts";
import { policy } from "./stories/policy.ts";
import type { Story } from "./stories/story.ts";

export type { Story, Told } from "./stories/story.ts";

/** Those after which the deployment is whole. */
export const whole: readonly Story[] = [...connecting, ...asking, ...changes, ...policy, ...names, ...log];
export const stories: readonly Story[] = [...whole, ...failures];
