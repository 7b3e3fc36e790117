// The proof of the rights, once: all stories told on one local AWS, and for every right granted the stories that fail without it.
import { grantedToRoles, grantedToServices, recorder, type Asked, type Granted, type Recorder } from "./needed.ts";
import { stories, type Told } from "./stories.ts";
import { openWorld, type World } from "./world.ts";

export interface Proof {
  readonly granted: readonly Granted[];
  readonly denied: ReturnType<Recorder["denied"]>;
  readonly asked: readonly Asked[];
  /** What each function wrote, by its name in the template. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  /** Holders of rights, in the words of the template. */
  readonly resources: World["local"]["stack"]["resources"];
}

/** Being deployed is the first story: Lambda then asks whether the roles may read their sources. */
export const deployed = "the stack is deployed";
export const storyNames: readonly string[] = [deployed, ...stories.map(({ name }) => name)];

/** Throws at the first story that does not end as it should. */
export async function prove(): Promise<Proof> {
  const record = recorder(deployed);
  const world = await openWorld(record.onDemand);
  try {
    const told: Told = {};
    for (const story of stories) {
      record.story(story.name);
      try {
        await story.tell(world, told);
        await world.local.idle();
      } catch (error) {
        throw new Error(`"${story.name}" does not end as told: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
    const inWords = namesOf(world);
    const granted = [...(await grantedToRoles(record.asked())), ...(await grantedToServices(record.asked()))].map((cell) => ({
      ...cell,
      holder: inWords(cell.holder),
      resource: inWords(cell.resource),
    }));
    return {
      granted: merged(granted),
      denied: record.denied(),
      asked: record.asked(),
      logs: logsOf(world),
      resources: world.local.stack.resources,
    };
  } finally {
    await world.local.close();
  }
}

/** The zones are one parameter: what a role may do in one it may do in all, and needs where a story does. */
function merged(granted: readonly Granted[]): Granted[] {
  const cells = Map.groupBy(granted, (cell) => JSON.stringify({ ...cell, neededBy: undefined }));
  return [...cells.values()].flatMap(([first, ...same]) =>
    first === undefined ? [] : [{ ...first, neededBy: [...new Set([first, ...same].flatMap(({ neededBy }) => neededBy))] }],
  );
}

const logsOf = ({ local }: World): Proof["logs"] =>
  Object.fromEntries(
    local.stack.resources
      .filter(({ type }) => type === "AWS::Lambda::Function")
      .map(({ logicalId, physicalId }) => [logicalId, [...local.logs(physicalId)]]),
  );

/** Logical ids in the place of what this one stack's resources happen to be called. */
function namesOf({ local, zoneId }: World): (arn: string) => string {
  const names = local.stack.resources.flatMap(({ logicalId, physicalId, attributes }): [string, string][] => [
    ...(typeof attributes["StreamArn"] === "string" ? [[attributes["StreamArn"], `${logicalId}/stream`] as [string, string]] : []),
    ...(typeof attributes["Arn"] === "string" ? [[attributes["Arn"], logicalId] as [string, string]] : []),
    ...(physicalId.startsWith("arn:") ? [[physicalId, logicalId] as [string, string]] : []),
  ]);
  const longestFirst = names.toSorted(([a], [b]) => b.length - a.length);
  return (arn) => {
    if (arn.endsWith(zoneId) || arn.endsWith(local.privateZoneId)) return "each zone of HostedZoneIds";
    const [long, name] = longestFirst.find(([known]) => arn === known || arn.startsWith(`${known}/`)) ?? [];
    if (long !== undefined && name !== undefined) return name + arn.slice(long.length);
    return arn.startsWith("arn:") ? arn.split(":").slice(5).join(":") : arn;
  };
}
