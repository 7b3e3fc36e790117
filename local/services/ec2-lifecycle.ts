// How a connection moves from state to state by itself, and what the provider is told on the way.

import { detachAll } from "./ec2-interfaces.ts";
import type { Ec2State, Endpoint } from "./ec2-state.ts";

/** The endpoint has just been made: it waits for its provider, or goes on by itself. */
export function begin(state: Ec2State, endpoint: Endpoint): void {
  state.tell("Connect", endpoint);
  if (endpoint.state === "pending") {
    if (state.assumptions.acceptEventOnAutomaticAcceptance) state.tell("Accept", endpoint);
    becomeAvailable(state, endpoint);
    return;
  }
  const expiry = state.assumptions.pendingAcceptanceExpiresMs;
  if (expiry !== undefined) later(state, endpoint, expiry, () => void (endpoint.state = "expired"));
}

export function accept(state: Ec2State, endpoint: Endpoint): void {
  becomeAvailable(state, endpoint);
  state.tell("Accept", endpoint);
}

/** Also after it has been available: the provider can always cut a connection. */
export function reject(state: Ec2State, endpoint: Endpoint): void {
  endpoint.callOff?.();
  endpoint.state = "rejected";
  cut(endpoint);
  state.tell("Reject", endpoint);
}

/** Also what every change by the consumer leads to: back to `pending`, then `available`. */
export function becomeAvailable(state: Ec2State, endpoint: Endpoint): void {
  endpoint.state = "pending";
  later(state, endpoint, state.delays.available, () => {
    endpoint.state = "available";
    endpoint.hasBeenAvailable = true;
  });
}

export function remove(state: Ec2State, endpoint: Endpoint): void {
  const isOpen = /^(pendingAcceptance|pending|available)$/.test(endpoint.state);
  endpoint.state = "deleting";
  cut(endpoint);
  detachAll(state, endpoint.id);
  if (isOpen || state.assumptions.deleteEventForEveryState) state.tell("Delete", endpoint);
  later(state, endpoint, state.delays.deleted, () => {
    endpoint.state = "deleted";
    later(state, endpoint, state.assumptions.deletedStayListedMs, () => void state.endpoints.delete(endpoint.id));
  });
}

function cut({ open }: Endpoint): void {
  for (const end of open) end();
}

/** One change at a time is under way; a new one calls the old one off. */
function later(state: Ec2State, endpoint: Endpoint, ms: number, change: () => void): void {
  endpoint.callOff?.();
  endpoint.callOff = state.clock.after(ms, change);
}
