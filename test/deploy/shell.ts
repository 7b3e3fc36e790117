// As much of a shell as the page's commands need: each line with its variables, run where it leads. Without a process for each, so
// that the whole walk takes seconds.
import { main as drawbridge } from "../../cli/main.ts";
import { nobody } from "../../cli/terminal.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { main as deploy } from "../../scripts/deploy.ts";
import type { PackagedFor } from "../../scripts/deploy/packaged.ts";
import { Stop } from "../../scripts/deploy/stop.ts";

export interface Said {
  readonly line: string;
  readonly code: number;
  readonly text: string;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Shell {
  readonly local: LocalAws;
  readonly config: string;
  /** Who runs `npm run deploy`, and who the rest; an administrator only what `administrators` names. */
  deployer: Keys;
  operator: Keys;
  /** What is not known before a line runs is worked out then. */
  readonly variables: Record<string, string | (() => string)>;
  /** What lines wrote with `>`, by the file's name. */
  readonly files: Map<string, string>;
  packaged: PackagedFor;
}

/** What is done outside of AWS, and only makes the next version be there. */
const elsewhere = new Set(["git pull", "npm ci"]);

/** Runs the lines; each must end as `codes` says, or else well. */
export async function run(shell: Shell, lines: readonly string[], codes: readonly number[] = []): Promise<Said[]> {
  const all: Said[] = [];
  for (const [index, line] of lines.entries()) {
    const said = await runLine(shell, line);
    all.push(said);
    const wanted = codes[index] ?? 0;
    if (said.code !== wanted) throw new Error(`"${said.line}" ended with ${String(said.code)}, not ${String(wanted)}:\n${said.text}`);
  }
  return all;
}

export async function runLine(shell: Shell, written: string): Promise<Said> {
  const [, line = "", file] = /^(.*?)(?: > (\S+))?$/.exec(expanded(shell, written)) ?? [];
  const said = await runWithin(shell, line);
  if (file !== undefined && said.code === 0) shell.files.set(file, said.text);
  return said;
}

async function runWithin(shell: Shell, line: string): Promise<Said> {
  if (elsewhere.has(line)) return { line, code: 0, text: "" };
  const [, name, value] = /^export (\w+)=(\S+)$/.exec(line) ?? [];
  if (name !== undefined && value !== undefined) {
    shell.variables[name] = value;
    return { line, code: 0, text: "" };
  }
  const words = line.split(" ").filter((word) => word !== "");
  if (line.startsWith("npm run")) return runDeploy(shell, line, words.slice(words.includes("--") ? words.indexOf("--") + 1 : words.length));
  if (line.startsWith("npx drawbridge ")) return runDrawbridge(shell, line, words.slice(2));
  if (line.startsWith("aws ")) return runAws(shell, line, words.slice(1));
  throw new Error(`This shell does not know: ${line}`);
}

const expanded = (shell: Shell, line: string): string => line.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => valueIn(shell, name));

export function valueIn({ variables }: Shell, name: string): string {
  const value = variables[name];
  if (value === undefined) throw new Error(`$${name} is not set`);
  return typeof value === "string" ? value : value();
}

async function runDeploy(shell: Shell, line: string, words: readonly string[]): Promise<Said> {
  signAs(shell.deployer);
  const out: string[] = [];
  try {
    await deploy([...words, "--config", shell.config], (text) => void out.push(text), { packaged: shell.packaged });
    return { line, code: 0, text: out.join("\n") };
  } catch (error) {
    const text = error instanceof Stop ? `${error.message}\n→ ${error.remedy ?? ""}` : String(error);
    return { line, code: 1, text: [...out, text].join("\n") };
  }
}

async function runDrawbridge(shell: Shell, line: string, words: readonly string[]): Promise<Said> {
  signAs(shell.operator);
  const out: string[] = [];
  const code = await drawbridge([...words], {
    ...nobody,
    env: { DRAWBRIDGE_API: valueIn(shell, "DRAWBRIDGE_API"), AWS_REGION: shell.local.region, AWS_ENDPOINT_URL: shell.local.aws },
    out: (text) => void out.push(text),
    err: (text) => void out.push(text),
  });
  return { line, code, text: out.join("\n") };
}

/** What the page leaves to whoever administers the account, or owns the service. */
const administrators = /^aws (iam |ec2 create-tags )/;

/** `aws ec2 create-tags --resources X --tags Key=a,Value=b`, as the CLI reads it, as far as the page goes. */
async function runAws(
  { local, files, operator }: Shell,
  line: string,
  [service = "", command = "", ...rest]: readonly string[],
): Promise<Said> {
  const input: Record<string, unknown> = {};
  for (const option of line.split(" --").slice(1)) {
    const [name = "", ...values] = option.trim().split(" ");
    const member = pascal(name.replace(/^no-/, ""));
    input[renamed[member] ?? member] =
      values.length === 0
        ? !name.startsWith("no-")
        : valueOf(
            name,
            values.map((value) => contentOf(files, value)),
          );
  }
  void rest;
  const as = administrators.test(line) ? local.account : operator.accessKeyId;
  try {
    return { line, code: 0, text: JSON.stringify(await local.call(service, pascal(command), input, as)) };
  } catch (error) {
    return { line, code: 255, text: String(error) };
  }
}

function contentOf(files: ReadonlyMap<string, string>, value: string): string {
  if (!value.startsWith("file://")) return value;
  const content = files.get(value.slice("file://".length));
  if (content === undefined) throw new Error(`Nothing was written to ${value}`);
  return content;
}

const pascal = (kebab: string): string => kebab.replaceAll(/(^|-)([a-z])/g, (_, _dash: string, letter: string) => letter.toUpperCase());
/** Where the CLI's name is not the API's. */
const renamed: Readonly<Record<string, string>> = { NotificationEndpoint: "Endpoint" };
const lists = new Set(["resources", "tags"]);

function valueOf(name: string, values: readonly string[]): unknown {
  const read = values.map((value) =>
    /^\w+=/.test(value) ? Object.fromEntries(value.split(",").map((pair) => pair.split("=") as [string, string])) : value,
  );
  return lists.has(name) ? read : read[0];
}

/** Every AWS client finds its credentials where it always does. */
function signAs({ accessKeyId, secretAccessKey, sessionToken }: Keys): void {
  process.env["AWS_ACCESS_KEY_ID"] = accessKeyId;
  process.env["AWS_SECRET_ACCESS_KEY"] = secretAccessKey;
  if (sessionToken === undefined) delete process.env["AWS_SESSION_TOKEN"];
  else process.env["AWS_SESSION_TOKEN"] = sessionToken;
}
