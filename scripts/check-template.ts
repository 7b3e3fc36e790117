// Whether the packaged template is one that AWS would take: each resource by AWS's own schemas, each reference by its target.
import { ensurePackaged } from "./package.ts";
import { loadResourceSchemas } from "./resource-schemas.ts";
import { referenceProblems } from "./template-references.ts";
import { readTemplate, type Template } from "./template.ts";

/** One line for each thing that is wrong; none when the template is valid. */
export async function checkTemplate(template: Template): Promise<string[]> {
  const schemas = await loadResourceSchemas();
  const resources = Object.entries(template.Resources);
  return [...resources.flatMap(([id, resource]) => schemas.problems(id, resource)), ...referenceProblems(template, schemas)];
}

if (import.meta.main) {
  await ensurePackaged();
  const template = await readTemplate();
  const problems = await checkTemplate(template);
  for (const problem of problems) console.error(problem);
  const count = Object.keys(template.Resources).length;
  console.log(problems.length === 0 ? `${count} resources are valid` : `${problems.length} problems in ${count} resources`);
  if (problems.length > 0) process.exitCode = 1;
}
