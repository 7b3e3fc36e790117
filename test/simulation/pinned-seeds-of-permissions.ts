// Lives that once went wrong where permissions follow the list.

import type { Pinned } from "./pinned-seeds.ts";

export const pinnedOfPermissions: readonly Pinned[] = [
  {
    found: "an account that was let ask by a call on its way for minutes was forgotten before it arrived, and could ask for ever",
    mutant: "whom we let ask is forgotten while the call may be on its way",
    setup: {
      seed: 5654,
      rates: {
        hidden: 0.09744961069431156,
        skew: 1.0062944445759059,
        late: 0.04362658996554092,
        "crash-after": 0.045006096741184595,
        "error-after": 0.07928733899723739,
      },
      habits: {
        repeatRefused: true,
        acceptsRejected: true,
        showsDnsEarly: true,
        showsRegion: true,
        showsIpAddressType: true,
        notificationText: "without ids",
        notifiesDelete: true,
        idsMax: 2,
      },
      without: ["forgers", "foreign-dns", "modifications", "deletions"],
      minutes: 6,
      services: 1,
      scanner: false,
      consumers: 3,
      latency: 20,
      pageSize: 2,
      endpointsPerCall: 2,
      crowd: 0,
      besides: { permissions: true },
    },
  },
];
