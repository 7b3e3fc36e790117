// CloudWatch Logs: groups, the lines that functions and services write into them, and looking through them.
import { randomUUID } from "node:crypto";

import { optionalNumber, optionalText, text, texts } from "../members.ts";
import { AwsError, type Call, type Clock, type Service } from "../service.ts";
import { lineFilter } from "./logs-filter.ts";

export interface LogsService extends Service {
  /** Writes a line as an AWS service does; nothing is written where there is no such group. */
  write(account: string, group: string, stream: string, message: string): void;
}

interface Line {
  readonly id: string;
  readonly at: number;
  readonly stream: string;
  readonly message: string;
}

const PAGE_MAX = 10_000;
const LINES_MAX = 100_000;

export function createLogs({ clock, region }: { readonly clock: Clock; readonly region: string }): LogsService {
  /** By account and name. */
  const groups = new Map<string, { readonly name: string; readonly lines: Line[] }>();
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreateLogGroup({ input, caller }) {
      const name = text(input, "logGroupName");
      const key = `${caller.account} ${name}`;
      if (groups.has(key)) throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
      groups.set(key, { name, lines: [] });
      return {};
    },
    DeleteLogGroup({ input, caller }) {
      if (!groups.delete(`${caller.account} ${text(input, "logGroupName")}`)) throw notFound();
      return {};
    },
    DescribeLogGroups({ input, caller }) {
      const prefix = optionalText(input, "logGroupNamePrefix") ?? "";
      const mine = [...groups].filter(([key, { name }]) => key.startsWith(`${caller.account} `) && name.startsWith(prefix));
      return { logGroups: mine.map(([, { name }]) => ({ logGroupName: name, arn: arnOf(caller.account, name) })) };
    },
    FilterLogEvents({ input, caller }) {
      const group = groups.get(`${caller.account} ${text(input, "logGroupName")}`);
      if (group === undefined) throw notFound();
      const streams = texts(input, "logStreamNames");
      const prefix = optionalText(input, "logStreamNamePrefix");
      if (streams.length > 0 && prefix !== undefined)
        throw new AwsError("InvalidParameterException", "logStreamNames and logStreamNamePrefix cannot be given together.");
      const isWanted = (stream: string): boolean =>
        prefix === undefined ? streams.length === 0 || streams.includes(stream) : stream.startsWith(prefix);
      const from = optionalNumber(input, "startTime") ?? 0;
      const to = optionalNumber(input, "endTime") ?? Infinity;
      const passes = lineFilter(optionalText(input, "filterPattern") ?? "");
      const found = group.lines.filter(({ at, stream, message }) => at >= from && at <= to && isWanted(stream) && passes(message));
      const start = Number(optionalText(input, "nextToken") ?? 0);
      const end = start + Math.min(optionalNumber(input, "limit") ?? PAGE_MAX, PAGE_MAX);
      return {
        events: found.slice(start, end).map(({ id, at, stream, message }) => ({
          eventId: id,
          timestamp: at,
          ingestionTime: at,
          logStreamName: stream,
          message,
        })),
        searchedLogStreams: [],
        ...(end < found.length ? { nextToken: String(end) } : {}),
      };
    },
  };
  const arnOf = (account: string, name: string): string => `arn:aws:logs:${region}:${account}:log-group:${name}:*`;
  return {
    signingName: "logs",
    actions: new Set(Object.keys(actions)),
    demands({ action, input, caller }) {
      const name = optionalText(input, "logGroupName");
      return [{ action: `logs:${action}`, resource: name === undefined ? "*" : arnOf(caller.account, name) }];
    },
    handle: (call) => actions[call.action]?.(call),
    write(account, group, stream, message) {
      const lines = groups.get(`${account} ${group}`)?.lines;
      if (lines === undefined) return;
      lines.push({ id: randomUUID(), at: clock.now(), stream, message });
      if (lines.length > LINES_MAX) lines.shift();
    },
  };
}

const notFound = (): AwsError => new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
