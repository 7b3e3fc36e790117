// Endpoint services as their provider sees them: created, described, changed, deleted, and who may ask to connect.

import { randomBytes } from "node:crypto";
import { flag, optionalText, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { filtered, paged } from "./ec2-lists.ts";
import type { FilterFields } from "./ec2-lists.ts";
import { zonesOfService } from "./ec2-network.ts";
import { newId, once, ownService } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, EndpointService } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

const LOAD_BALANCER = /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/(net|gwy)\/[\w-]+\/[0-9a-z]+$/;

export const endpointServiceActions: Readonly<Record<string, Ec2Action>> = {
  CreateVpcEndpointServiceConfiguration: (state, call) => once(state, call, () => create(state, call)),
  DescribeVpcEndpointServiceConfigurations: describe,
  ModifyVpcEndpointServiceConfiguration: modify,
  DeleteVpcEndpointServiceConfigurations: remove,
  ModifyVpcEndpointServicePayerResponsibility(state, call) {
    ownService(state, call.caller.account, text(call.input, "ServiceId")).payer = "ServiceOwner";
    return { ReturnValue: true };
  },
  StartVpcEndpointServicePrivateDnsVerification: startVerification,
};

function create(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const networkLoadBalancerArns = loadBalancers(texts(input, "NetworkLoadBalancerArns"), "net");
  const gatewayLoadBalancerArns = loadBalancers(texts(input, "GatewayLoadBalancerArns"), "gwy");
  if (networkLoadBalancerArns.length + gatewayLoadBalancerArns.length === 0) {
    throw new AwsError("MissingParameter", "Either NetworkLoadBalancerArns or GatewayLoadBalancerArns must be specified");
  }
  if (networkLoadBalancerArns.length > 0 && gatewayLoadBalancerArns.length > 0) {
    throw new AwsError("InvalidParameterCombination", "NetworkLoadBalancerArns and GatewayLoadBalancerArns cannot be specified together");
  }
  const id = newId("vpce-svc");
  const privateDnsName = optionalText(input, "PrivateDnsName");
  const service: EndpointService = {
    id,
    arn: `arn:aws:ec2:${state.region}:${caller.account}:vpc-endpoint-service/${id}`,
    name: `com.amazonaws.vpce.${state.region}.${id}`,
    owner: caller.account,
    sequence: state.next(),
    // AWS's default: a service that says nothing asks for acceptance.
    acceptanceRequired: input["AcceptanceRequired"] === undefined ? true : flag(input, "AcceptanceRequired"),
    networkLoadBalancerArns,
    gatewayLoadBalancerArns,
    ipAddressTypes: ipAddressTypes(texts(input, "SupportedIpAddressTypes"), ["ipv4"]),
    supportedRegions: [...new Set([state.region, ...texts(input, "SupportedRegions")])],
    privateDns: privateDnsName === undefined ? undefined : privateDns(privateDnsName),
    permissions: new Map(),
    permissionsTouched: false,
    state: "Available",
    payer: undefined,
    tags: tagsFrom(call, "vpc-endpoint-service"),
  };
  state.services.set(id, service);
  return { ServiceConfiguration: configuration(state, service), ClientToken: optionalText(input, "ClientToken") };
}

const FIELDS: FilterFields<EndpointService> = {
  "service-name": (service) => service.name,
  "service-id": (service) => service.id,
  "service-state": (service) => service.state,
  "supported-ip-address-types": (service) => service.ipAddressTypes,
};

function describe(state: Ec2State, call: Call): unknown {
  const mine = [...state.services.values()].filter((service) => service.owner === call.caller.account);
  const ids = texts(call.input, "ServiceIds");
  const wanted =
    ids.length === 0 ? mine : ids.map((id) => mine.find((service) => service.id === id) ?? ownService(state, call.caller.account, id));
  const { page, ...more } = paged(
    call,
    filtered(call, wanted, FIELDS, (service) => service.tags),
  );
  return { ServiceConfigurations: page.map((service) => configuration(state, service)), ...more };
}

function modify(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const service = ownService(state, caller.account, text(input, "ServiceId"));
  const balancers = changed(
    service.networkLoadBalancerArns,
    loadBalancers(texts(input, "AddNetworkLoadBalancerArns"), "net"),
    texts(input, "RemoveNetworkLoadBalancerArns"),
  );
  const types = changed(
    service.ipAddressTypes,
    ipAddressTypes(texts(input, "AddSupportedIpAddressTypes"), []),
    texts(input, "RemoveSupportedIpAddressTypes"),
  );
  if (balancers.length === 0 && service.gatewayLoadBalancerArns.length === 0) {
    throw new AwsError("InvalidParameter", "The endpoint service must keep at least one load balancer");
  }
  const name = optionalText(input, "PrivateDnsName");
  service.networkLoadBalancerArns = balancers;
  service.ipAddressTypes = types;
  service.supportedRegions = changed(service.supportedRegions, texts(input, "AddSupportedRegions"), texts(input, "RemoveSupportedRegions"));
  if (input["AcceptanceRequired"] !== undefined) service.acceptanceRequired = flag(input, "AcceptanceRequired");
  if (flag(input, "RemovePrivateDnsName")) service.privateDns = undefined;
  if (name !== undefined && name !== "") service.privateDns = privateDns(name);
  return { Return: true };
}

function remove(state: Ec2State, call: Call): unknown {
  const Unsuccessful = texts(call.input, "ServiceIds").flatMap((id) => {
    try {
      const service = ownService(state, call.caller.account, id);
      const open = [...state.endpoints.values()].some(
        (endpoint) => endpoint.service === service && /^(available|pendingAcceptance|pending)$/.test(endpoint.state),
      );
      if (open) throw new AwsError("ExistingVpcEndpointConnections", `Service ${id} has existing active VPC Endpoint connections!`);
      service.state = "Deleted";
      state.clock.after(state.assumptions.deletedStayListedMs, () => state.services.delete(id));
      return [];
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return [{ ResourceId: id, Error: { Code: error.code, Message: error.message } }];
    }
  });
  return { Unsuccessful };
}

function startVerification(state: Ec2State, call: Call): unknown {
  const service = ownService(state, call.caller.account, text(call.input, "ServiceId"));
  const dns = service.privateDns;
  if (dns === undefined) throw new AwsError("InvalidParameter", `The endpoint service ${service.id} has no private DNS name`);
  state.clock.after(state.delays.available, () => {
    const domain = dns.name.replace(/^\*\./, "");
    // Where a zone takes no underscores, AWS finds the value at the domain itself.
    const found = [`${dns.recordName}.${domain}`, domain].some((name) => state.textAt?.(name).includes(dns.recordValue) ?? true);
    dns.state = found && state.assumptions.privateDnsVerificationSucceeds ? "verified" : "failed";
  });
  return { ReturnValue: true };
}

function configuration(state: Ec2State, service: EndpointService): unknown {
  return {
    ServiceType: [{ ServiceType: service.networkLoadBalancerArns.length > 0 ? "Interface" : "GatewayLoadBalancer" }],
    ServiceId: service.id,
    ServiceName: service.name,
    ServiceState: service.state,
    AvailabilityZones: zonesOfService(state, service),
    AcceptanceRequired: service.acceptanceRequired,
    ManagesVpcEndpoints: false,
    NetworkLoadBalancerArns: service.networkLoadBalancerArns,
    GatewayLoadBalancerArns: service.gatewayLoadBalancerArns,
    SupportedIpAddressTypes: service.ipAddressTypes,
    BaseEndpointDnsNames: [`${service.id}.${state.region}.vpce.amazonaws.com`],
    PrivateDnsName: service.privateDns?.name,
    PrivateDnsNameConfiguration: service.privateDns && {
      State: service.privateDns.state,
      Type: "TXT",
      Value: service.privateDns.recordValue,
      Name: service.privateDns.recordName,
    },
    PayerResponsibility: service.payer,
    Tags: tagRows(service.tags),
    SupportedRegions: service.supportedRegions.map((Region) => ({ Region, ServiceState: "Available" })),
    RemoteAccessEnabled: service.supportedRegions.length > 1,
  };
}

/** A well-formed ARN is taken as given: the load balancer need not have been made here. */
function loadBalancers(arns: readonly string[], type: "net" | "gwy"): string[] {
  const wrong = arns.find((arn) => LOAD_BALANCER.exec(arn)?.[1] !== type);
  if (wrong !== undefined) throw new AwsError("InvalidParameter", `Invalid load balancer ARN: '${wrong}'`);
  return [...new Set(arns)];
}

function ipAddressTypes(given: readonly string[], otherwise: readonly string[]): string[] {
  const wrong = given.find((type) => !/^ipv[46]$/.test(type));
  if (wrong !== undefined) throw new AwsError("InvalidParameter", `Invalid IP address type: '${wrong}'`);
  return given.length === 0 ? [...otherwise] : [...new Set(given)];
}

function changed(before: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  return [...new Set([...before, ...add])].filter((one) => !remove.includes(one));
}

function privateDns(name: string): NonNullable<EndpointService["privateDns"]> {
  if (!/^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]{2,}$/.test(name)) {
    throw new AwsError("InvalidParameter", `The private DNS name '${name}' is not valid`);
  }
  const letters = (length: number): string =>
    [...randomBytes(length)].map((byte) => "abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36]).join("");
  return { name, state: "pendingVerification", recordName: `_${letters(20)}`, recordValue: `vpce:${letters(20)}` };
}
