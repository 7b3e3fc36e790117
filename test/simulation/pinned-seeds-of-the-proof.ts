// Lives that once went wrong for the proof of the log.

import type { Pinned } from "./pinned-seeds.ts";

export const pinnedOfTheProof: readonly Pinned[] = [
  {
    found:
      "what was written while clocks differed by more than five minutes came into no checkpoint, and verification took it for inserted",
    mutant: "no event is more than five minutes late",
    setup: {
      seed: 4,
      rates: { skew: 0.618967317068018 },
      habits: {
        repeatRefused: true,
        acceptsRejected: false,
        showsDnsEarly: false,
        showsRegion: true,
        showsIpAddressType: true,
        notificationText: "words",
        notifiesDelete: true,
        idsMax: 2,
      },
      without: ["operators", "console", "foreign-dns", "modifications", "deletions", "old-connections"],
      minutes: 15,
      services: 1,
      scanner: true,
      consumers: 1,
      latency: 2000,
      pageSize: 2,
      endpointsPerCall: 100,
      crowd: 0,
      sealed: true,
    },
  },
];
