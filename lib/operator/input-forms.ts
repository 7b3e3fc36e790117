// The forms that any input of an operator is made of: texts, numbers, lists and objects, each with what to give instead of what is wrong.

import * as v from "valibot";
import { BadInput } from "../faults.ts";
import { unseen } from "../harmless.ts";
import { parseInstant } from "../ids.ts";
import { isReserved } from "../reserved.ts";

export const by = <T>(parser: (given: unknown) => T) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parser(dataset.value);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        addIssue({ message: error.remedy });
        return NEVER;
      }
    }),
  );

/** A list would pass for an object without members. */
const noList = (remedy: string) => v.check((given: unknown) => !Array.isArray(given), remedy);

export const members = <const Entries extends v.ObjectEntries>(entries: Entries) => {
  const remedy = `give an object with ${Object.keys(entries).join(", ")}`;
  return v.pipe(
    v.unknown(),
    noList(remedy),
    v.strictObject(entries, ({ expected }) => {
      if (expected === "never") return `there is no such field; there are ${Object.keys(entries).join(", ")}`;
      return expected === "Object" ? remedy : "it is required";
    }),
  );
};

/** Names, and what each stands for. */
export const named = <Key extends v.GenericSchema<string, string>, Value extends v.GenericSchema>(key: Key, value: Value, remedy: string) =>
  v.pipe(
    v.unknown(),
    noList(remedy),
    v.check((given) => !Object.keys(given ?? {}).some(isReserved), "give it another name: this one would get lost"),
    v.record(key, value, remedy),
  );

export const maybe = v.exactOptional;
const textMax = 256;
/** One line of readable text. */
export const text = v.pipe(
  v.string("give a text"),
  v.trim(),
  v.nonEmpty("give a text, or leave it out"),
  v.maxLength(textMax, `give at most ${String(textMax)} characters`),
  v.check((given) => !unseen.test(given), "leave out control characters and invisible marks"),
);
export const flag = by((given) => {
  if (typeof given === "boolean") return given;
  if (given === "true" || given === "false") return given === "true";
  throw new BadInput("flag", given, "give true or false");
});
export const whole = (least: number, most: number) =>
  by((given) => {
    const number = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : given;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
    throw new BadInput("number", given, `give a whole number from ${String(least)} to ${String(most)}`);
  });
export const oneOf = <const Options extends readonly string[]>(options: Options) =>
  v.picklist(options, `give one of ${options.join(", ")}`);
export const time = (field: string) => by((given) => parseInstant(field, given));

export const listMax = 50;
export const several = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(
    v.array(item, "give a list"),
    v.minLength(1, "give at least one, or leave it out"),
    v.maxLength(listMax, `give at most ${String(listMax)}`),
  );
/** In one order, each once: the same Regions are the same condition. */
export const distinct = <Item extends v.GenericSchema<unknown, string>>(item: Item) =>
  v.pipe(
    several(item),
    v.transform((items) => [...new Set(items)].sort()),
  );
