// Planted faults that no life shows, each with what mends the harm, and the test that shows it by itself.

export const shrugged: Readonly<Record<string, string>> = {
  "what the index shows closed needs no VPC": "the hourly look authorizes it again; test/loop/vpcs.test.ts shows the hour between",
};
