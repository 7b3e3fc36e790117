// The command services private-dns: the name that every consumer may use for its own endpoint.

import { pathOf } from "./client.ts";
import { operandsOf, type Command } from "./command.ts";
import { wrongUsage } from "./failure.ts";
import type { Set } from "../lib/operator/service-settings.ts";
import type { Shown } from "../lib/operator/services.ts";
import { privateDnsWords } from "../lib/private-dns.ts";
import { harmless } from "./render.ts";

const example = "vpce-svc-0123456789abcdef0";

const privateDns: Command = {
  name: "services private-dns",
  operands: "<service-id>",
  summary: "the service's own private DNS name: set it, take it away, or see how far it is",
  more: "Drawbridge sets it on the endpoint service, publishes the proof that AWS asks for where one of the deployment's public zones holds the name, and has AWS verify it. Each consumer switches private DNS on for itself, after acceptance.",
  options: {
    name: { value: "DOMAIN", help: "a public domain name of yours, such as api.example.com or *.example.com" },
    remove: { help: "take the name away (consumers that use it lose it)" },
  },
  examples: [
    `drawbridge services private-dns ${example} --name api.example.com`,
    `drawbridge services private-dns ${example}`,
    `drawbridge services private-dns ${example} --remove`,
  ],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    const { given, api } = call;
    const name = given.text("name");
    if (name !== undefined && given.flag("remove")) throw wrongUsage("give --name or --remove, not both");
    if (name === undefined && !given.flag("remove")) {
      const { service: shown } = await api.get<Shown>(pathOf("services", service));
      const { privateDnsName, privateDns: told } = shown;
      return call.result({ privateDnsName, privateDns: told }, () =>
        harmless(
          told === undefined
            ? privateDnsName === undefined
              ? `${service} has no private DNS name from Drawbridge.`
              : `${privateDnsName} is being set.`
            : privateDnsWords(told),
        ),
      );
    }
    const done = await api.patch<Set>(pathOf("services", service), { privateDnsName: name ?? null, reason: "services private-dns" });
    call.result(done, () =>
      harmless(
        done.changed
          ? `${name === undefined ? "The private DNS name is being taken away" : `${name} is being set, proved and verified`}: see drawbridge services private-dns ${service}`
          : "It was so already: nothing changed.",
      ),
    );
  },
};

export const privateDnsCommands: readonly Command[] = [privateDns];
