// How a test run is told: what failed and where, then one closing line that people and machines can read.
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

export default class TestSummary implements Reporter {
  onUserConsoleLog({ content }: { readonly content: string }): void {
    process.stderr.write(content);
  }

  /** A run takes a minute or two: it says how far it is, and what failed as soon as it has. */
  onTestModuleEnd(module: TestModule): void {
    process.stderr.write(`${module.ok() ? "ok    " : "FAILED"} ${fileOf(module)}\n`);
    for (const line of inShort(module)) process.stderr.write(`  ${line}\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === "failed");
    const passed = tests.filter((test) => test.result().state === "passed").length;
    // A file that didn't load has no tests to fail, and an error outside of any test belongs to none: each counts as one.
    const broken = modules.filter((module) => module.errors().length > 0);

    for (const test of failed) tell(nameOf(test), test.result().errors ?? []);
    for (const module of broken) tell(fileOf(module), module.errors());
    if (errors.length > 0) tell("outside of any test", errors);
    if (tests.length === 0 && errors.length === 0) console.log("No tests were found.");

    // Once more without their details: whoever keeps only the end of the output sees why.
    const again = [...modules.flatMap(inShort), ...errors.map((error) => `outside of any test: ${firstLine(error)}`)];
    if (again.length > 0) console.log(`\n${again.map((line) => `FAILED ${line}`).join("\n")}`);
    console.log(closingLine(passed, failed.length + broken.length + errors.length, tests.length - passed - failed.length));
  }
}

function closingLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** One line for each failure of a file, with what it was. */
function inShort(module: TestModule): string[] {
  const failed = [...module.children.allTests("failed")].map(
    (test) => `${nameOf(test)}: ${(test.result().errors ?? []).map(firstLine).join("; ")}`,
  );
  return [...failed, ...module.errors().map((error) => `${fileOf(module)}: ${firstLine(error)}`)];
}

function firstLine(error: SerializedError): string {
  return errorText(error).split("\n", 1)[0] ?? "";
}

function tell(name: string, errors: readonly SerializedError[]): void {
  console.log(`\nFAILED ${name}`);
  for (const error of errors) console.log(indented(errorText(error)));
}

function errorText(error: SerializedError): string {
  const frames = (error.stacks ?? []).filter(({ file }) => !file.includes("node_modules"));
  const places = frames.map(({ file, line, column }) => `at ${relative(process.cwd(), file)}:${line}:${column}`);
  const text = [error.name && !error.message.startsWith(error.name) ? `${error.name}: ${error.message}` : error.message];
  if (typeof error["diff"] === "string") text.push(error["diff"]);
  text.push(...places);
  if (error.cause) text.push(`caused by ${errorText(error.cause)}`);
  return stripVTControlCharacters(text.join("\n"));
}

function nameOf(test: TestCase): string {
  const where = test.location ? `:${test.location.line}` : "";
  return `${fileOf(test.module)}${where} ${test.fullName}`;
}

function fileOf(module: TestModule): string {
  return relative(process.cwd(), module.moduleId);
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}
