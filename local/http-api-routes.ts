// Which route takes a request: the full path first, then parameters, then a greedy tail, then $default.

/** The function behind a route. */
export interface Integration {
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export interface Route {
  /** `GET /services/{service}`, `ANY /{proxy+}`, `$default` */
  readonly key: string;
  readonly authorization: "NONE" | "AWS_IAM";
  readonly integration: Integration;
}

export interface Matched {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

export function matchRoute(routes: readonly Route[], method: string, path: string): Matched | undefined {
  let best: { matched: Matched; rank: string } | undefined;
  for (const route of routes) {
    const [wanted = "", pattern = ""] = route.key.split(" ");
    if (route.key === "$default") {
      best ??= { matched: { route, parameters: {} }, rank: "~" };
      continue;
    }
    if (wanted !== "ANY" && wanted !== method) continue;
    const parameters = bind(pattern, path);
    if (parameters === undefined) continue;
    const rank = rankOf(pattern) + (wanted === "ANY" ? "1" : "0");
    if (best === undefined || rank < best.rank) best = { matched: { route, parameters }, rank };
  }
  return best?.matched;
}

function bind(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const steps = pattern.split("/").slice(1);
  const given = trimmed(path).split("/").slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, step] of steps.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(step) ?? [];
    const part = given[index];
    if (part === undefined || part === "") {
      if (step !== "" || given.length > steps.length) return undefined;
      continue;
    }
    if (name === undefined && step !== part) return undefined;
    if (name !== undefined && greedy === "+") return { ...parameters, [name]: decoded(given.slice(index).join("/")) };
    if (name !== undefined) parameters[name] = decoded(part);
  }
  return given.length === steps.length ? parameters : undefined;
}

/** Literal steps sort before parameters, parameters before greedy ones, step by step. */
function rankOf(pattern: string): string {
  const kinds = pattern
    .split("/")
    .slice(1)
    .map((step) => (step.endsWith("+}") ? "2" : step.startsWith("{") ? "1" : "0"));
  return `${kinds.join("")}~`;
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
