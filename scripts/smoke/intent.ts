// What a smoke run is about to do to somebody's account, and to their bill: said before anything is made.
import { localEndpoint, type Clients } from "./clients.ts";
import { stageOf } from "./drawbridge.ts";
import type { Options } from "./options.ts";
import { keyWaitDays } from "./world-template.ts";

export function intent({ account, consumerAccount, region }: Clients, options: Options, runName: string): readonly string[] {
  const on = localEndpoint();
  return [
    `Account ${account}${consumerAccount === account ? "" : ` (provider) and ${consumerAccount} (consumer)`}, ${region}${on === undefined ? "" : `, on local AWS at ${on}`}. It makes, each with the tag drawbridge-smoke=${runName}:`,
    `  the stack drawbridge-${runName}-world: ${options.given === undefined ? "a VPC without internet, 2 subnets, an internal Network Load Balancer, " : ""}a topic, 2 queues, a rule`,
    "  an endpoint service, a connection notification, and up to 6 interface endpoints, one after another",
    ...(options.elsewhere === undefined ? [] : [`  an interface endpoint in ${options.elsewhere.region}`]),
    ...(options.gateway === undefined ? [] : ["  a second endpoint service and a Gateway Load Balancer endpoint"]),
    options.hostedZone === undefined
      ? `  a private hosted zone ${runName}.internal`
      : `  records ${runName}.… in the hosted zone ${options.hostedZone}`,
    ...(options.story
      ? [
          `  the stack drawbridge-${stageOf(runName)}: Drawbridge itself; unlike a usual deployment, all that it holds goes with it`,
          `  the stacks drawbridge-${runName}-deployer and -operator: a role in each, with the rights that Drawbridge gives them`,
        ]
      : []),
    `Roughly 0.15 USD for the first hour (${options.given === undefined ? "load balancer 0.03, " : ""}endpoints 0.01 each per zone and begun hour, the rest next to nothing). It takes about ${options.story ? "50" : "35"} minutes, and removes everything, also after Ctrl-C${options.story ? `; a key stays for AWS's ${String(keyWaitDays)} days, without charge` : ""}.`,
  ];
}
