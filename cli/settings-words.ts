// A service's settings in words, one a line.

import { askingDefaults, type AskingSettings } from "../lib/asking-policy.ts";
import { disconnectWords } from "../lib/disconnect.ts";
import type { Service } from "../lib/service.ts";
import { harmless } from "./render.ts";

/** What is usual is said as such. */
export function settingsLines(service: Service): string[] {
  const { onRemoval, onReject, onExpiry, expiryNoticeHours, permissions, outsideAccept, asking: people } = service;
  const usual = (value: unknown): string => (value === undefined ? " (usual)" : "");
  return [
    `when an entry is removed, what it let in is ${disconnectWords(onRemoval ?? "keep")}${usual(onRemoval)}`,
    `when a reject entry comes, what stands is ${disconnectWords(onReject ?? "now")}${usual(onReject)}`,
    `when an entry expires, what it let in is ${disconnectWords(onExpiry ?? "keep")}${usual(onExpiry)}; approvers are told ${String(expiryNoticeHours ?? 168)} hours before`,
    `accepts outside Drawbridge are ${outsideAccept === "keep" ? "kept" : "decided anew"}`,
    `the endpoint service's permissions ${permissions === "follow" ? "follow the allow-list" : "are left alone"}`,
    askingWords(people),
  ];
}

function askingWords(people: AskingSettings = {}): string {
  const { approvers, quorum, openDays, silence, escalateTo, escalateAfterHours } = { ...askingDefaults, ...people };
  const asked =
    approvers.length === 0
      ? "whoever has the link"
      : `${approvers.join(", ")}${approvers.length > 1 ? ` (${String(quorum)} must agree)` : ""}`;
  const next = escalateTo.length === 0 ? "" : `, after ${String(escalateAfterHours)} hours ${escalateTo.join(", ")} too`;
  return harmless(
    `asked: ${asked}${next}; after ${String(openDays)} days of silence ${silence === "keep" ? "the question stays open" : "the answer is no"}`,
  );
}
