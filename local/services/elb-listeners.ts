// Listeners: on which port a load balancer takes connections, and to which target group it forwards them.

import { randomBytes } from "node:crypto";
import { optionalNumber, optionalText, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import type { Listener, LoadBalancer } from "./ec2-parts.ts";
import { ownBalancer, ownBalancers, ownGroup, wanted, type ElbAction, type ElbState } from "./elb-state.ts";

export const listenerActions: Readonly<Record<string, ElbAction>> = {
  CreateListener(state, call) {
    const balancer = ownBalancer(state, call);
    checkProtocol(call);
    const port = freePort(balancer, optionalNumber(call.input, "Port") ?? 0);
    const arn = `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${randomBytes(8).toString("hex")}`;
    const listener: Listener = { arn, port, targetGroupArn: forwardedTo(state, call) };
    balancer.listeners.set(arn, listener);
    return { Listeners: [row(balancer, listener)] };
  },
  DescribeListeners(state, call) {
    const behind = optionalText(call.input, "LoadBalancerArn") === undefined ? ownBalancers(state, call) : [ownBalancer(state, call)];
    const all = behind.flatMap((balancer) => [...balancer.listeners.values()].map((listener) => ({ balancer, listener })));
    const found = wanted(
      texts(call.input, "ListenerArns"),
      all.map(({ listener }) => listener),
      "ListenerNotFound",
    );
    return { Listeners: all.filter(({ listener }) => found.includes(listener)).map(({ balancer, listener }) => row(balancer, listener)) };
  },
  ModifyListener(state, call) {
    const [balancer, before] = own(state, call);
    const port = optionalNumber(call.input, "Port") ?? before.port;
    if (call.input["Protocol"] !== undefined) checkProtocol(call);
    const targetGroupArn = rows(call.input, "DefaultActions").length === 0 ? before.targetGroupArn : forwardedTo(state, call);
    const listener = { ...before, port: port === before.port ? port : freePort(balancer, port), targetGroupArn };
    balancer.listeners.set(listener.arn, listener);
    return { Listeners: [row(balancer, listener)] };
  },
  DeleteListener(state, call) {
    const [balancer, { arn }] = own(state, call);
    balancer.listeners.delete(arn);
    return {};
  },
};

function own(state: ElbState, call: Call): [LoadBalancer, Listener] {
  const arn = text(call.input, "ListenerArn");
  for (const balancer of ownBalancers(state, call)) {
    const listener = balancer.listeners.get(arn);
    if (listener !== undefined) return [balancer, listener];
  }
  throw new AwsError("ListenerNotFound", "One or more listeners not found");
}

function checkProtocol({ input }: Call): void {
  if (optionalText(input, "Protocol") !== "TCP") throw new AwsError("ValidationError", "Local AWS has TCP listeners only.");
}

function freePort({ listeners }: LoadBalancer, port: number): number {
  if ([...listeners.values()].some((one) => one.port === port))
    throw new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
  return port;
}

function forwardedTo(state: ElbState, call: Call): string {
  const [action = {}] = rows(call.input, "DefaultActions");
  const arn = optionalText(action, "TargetGroupArn");
  if (arn === undefined) throw new AwsError("ValidationError", "Local AWS forwards to one TargetGroupArn only.");
  return ownGroup(state, call, arn).arn;
}

const row = (balancer: LoadBalancer, { arn, port, targetGroupArn }: Listener): Members => ({
  ListenerArn: arn,
  LoadBalancerArn: balancer.arn,
  Port: port,
  Protocol: "TCP",
  DefaultActions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
});
