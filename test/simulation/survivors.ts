// Planted faults that no life shows, each with why, and the test that shows it by itself.

export const shrugged: Readonly<Record<string, string>> = {
  "what the index shows closed needs no VPC": "the hourly look authorizes it again; test/loop/vpcs.test.ts shows the hour between",
  "a service that is released is taken for a name that is another's":
    "the moment for it is one call wide, and calls no longer come in the order that hit it; test/loop/names.test.ts shows it by itself",
};
