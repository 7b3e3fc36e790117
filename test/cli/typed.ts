// A command typed at a terminal that remembers what it showed.

import { main } from "../../cli/main.ts";
import { nobody, type Terminal } from "../../cli/terminal.ts";

export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly questions: readonly string[];
}
export interface Setting {
  readonly api?: string;
  /** What somebody answers to questions; nobody is there without. */
  readonly answer?: string;
  /** What happens while they think about it. */
  readonly meanwhile?: () => Promise<unknown>;
  readonly width?: number;
  readonly colour?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export async function typed(
  args: readonly string[],
  { api, answer, meanwhile, width = Infinity, colour = false, env = {} }: Setting = {},
): Promise<Typed> {
  const shown = { out: "", err: "" };
  const questions: string[] = [];
  const terminal: Terminal = {
    ...nobody,
    env: { AWS_REGION: "eu-west-1", ...(api === undefined ? {} : { DRAWBRIDGE_API: api }), ...env },
    width,
    colour,
    aside: { width, colour },
    interactive: answer !== undefined,
    out: (text) => void (shown.out += `${text}\n`),
    err: (text) => void (shown.err += `${text}\n`),
    ask: async (question) => {
      questions.push(question);
      await meanwhile?.();
      return answer ?? "";
    },
  };
  const code = await main(args, terminal, [1, 1, 1]);
  return { code, ...shown, questions };
}
