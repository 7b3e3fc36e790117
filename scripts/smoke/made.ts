// Keeps note, on disk and before it is made, of everything a smoke run makes: whatever happens, it can be found and removed.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Thing =
  | { readonly kind: "stack"; readonly name: string }
  /** Found by its tag while its id is not known. */
  | { readonly kind: "service"; readonly id?: string }
  | { readonly kind: "notification"; readonly id?: string }
  | { readonly kind: "endpoint"; readonly id?: string; readonly region?: string }
  | { readonly kind: "zone"; readonly name: string; readonly id?: string }
  /** Records in a zone that is not ours: those with this label, and Drawbridge's mark of its last change, if it was not there before. */
  | { readonly kind: "records"; readonly zone: string; readonly name: string; readonly mark?: string };

export interface Note {
  readonly run: string;
  readonly startedAt: string;
  readonly region: string;
  readonly account: string;
  readonly consumerAccount: string;
  readonly profile?: string;
  readonly consumerProfile?: string;
  readonly things: readonly Thing[];
}

export interface Made {
  readonly note: Note;
  /** Before a thing is made. What is given back says more about it once it is there. */
  about(thing: Thing): (more: { readonly id: string }) => void;
  gone(thing: Thing): void;
}

/** The tag on everything of a run that can have one. */
export const tagKey = "drawbridge-smoke";

export function madeBy(folder: string, begun: Note): Made {
  let note = begun;
  const file = join(folder, `${begun.run}.json`);
  const keep = (things: readonly Thing[]): void => {
    note = { ...note, things };
    if (things.length === 0) {
      rmSync(file, { force: true });
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
      return;
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(note, null, 2));
    renameSync(`${file}.new`, file);
  };
  return {
    get note() {
      return note;
    },
    about(thing) {
      let kept = thing;
      keep([...note.things, kept]);
      return (more) => {
        const before = kept;
        kept = { ...kept, ...more };
        keep(note.things.map((one) => (one === before ? kept : one)));
      };
    },
    gone: (thing) => keep(note.things.filter((one) => one !== thing)),
  };
}

/** What earlier runs left behind. */
export function leftBehind(folder: string): readonly Note[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Note);
}
