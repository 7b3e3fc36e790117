// The editors' schema and the parser, over every one value of a policy file made every other.
import { expect, test } from "vitest";
import { changed, containers, fits, isRead, isTold, names, places, values, written } from "./policy-documents.ts";

const differs = (document: unknown): boolean => fits(written(document)) !== isRead(written(document));

test("they say the same of each value in each place", () => {
  const differing = places.flatMap((place) =>
    values
      .filter((to) => isTold(place, to) && differs(changed(place.path, { to })))
      .map((to) => `${place.path.join(".")}: ${JSON.stringify(to)}`),
  );
  expect(differing).toEqual([]);
});

test("and of each name that is added", () => {
  const differing = containers.flatMap(({ path }) =>
    names.flatMap((add) =>
      values.filter((as) => differs(changed(path, { add, as }))).map((as) => `${[...path, add].join(".")}: ${JSON.stringify(as)}`),
    ),
  );
  expect(differing).toEqual([]);
});
