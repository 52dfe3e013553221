/** A manifest's call as it is typed in a shell: the text comes from a file, not from the command. */
import { curl } from "@ecp/ui/actions/Mutation";

/** What makes JSON of a text, with what every machine has that runs `ecp`. */
const MAKE =
  'import json,sys; json.dump({**json.loads(sys.argv[1]), "manifest_content": sys.stdin.read()}, sys.stdout)';

/** Return two lines: one makes the body of *yaml*, a file, and of the other *fields*; one posts it. */
export function posted(
  path: string,
  yaml: string,
  fields: Readonly<Record<string, string | boolean>>,
  headers: Record<string, string>,
): string {
  const json = yaml.replace(/\.yaml$/, ".json");
  const call = curl("POST", path, undefined, { ...headers, "Content-Type": "application/json" });
  return [
    `python3 -c '${MAKE}' '${JSON.stringify(fields)}' < ${yaml} > ${json}`,
    `${call} --data @${json}`,
  ].join("\n");
}
