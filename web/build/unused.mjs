/**
 * What nobody uses: classes of `*.module.css`, words of a table, exports, states. Prints each.
 *
 * A name counts as used where it is written: `.name` in a file that imports the sheet, a key in quotes; a key that
 * is put together (`tab.${name}`) by what it begins and ends with. Those of a feature are looked for in it. An export
 * counts as used where another file that imports its module names it: a test is one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;
/** What is in braces after a dollar, itself with braces at most once. */
const HOLE = /\$\{(?:[^{}]|\{[^{}]*\})*\}/;
const files = ["packages", "apps"].flatMap((base) =>
  readdirSync(join(ROOT, base), { recursive: true })
    .map((name) => join(base, name))
    .filter((path) => /\.(tsx?|css)$/.test(path) && !/node_modules|generated/.test(path))
    .map((path) => [path, readFileSync(join(ROOT, path), "utf8")]),
);
const sources = files.filter(([path]) => /\.tsx?$/.test(path));

/** Return the classes of *sheet* that no text which imports it names; none where one is computed. */
function unusedClasses(sheet, texts) {
  const own = sheet.replace(/:global\([^)]*\)|url\([^)]*\)/g, "");
  const names = [...own.matchAll(/\.([a-z][\w-]*)(?=[^{}]*\{)/gi)].map((one) => one[1]);
  if (texts.some((text) => /\b(?:classes|layout)\[/.test(text))) return [];
  return [...new Set(names)].filter(
    (name) => !texts.some((text) => new RegExp(`\\.${name}\\b`).test(text)),
  );
}

/** Return the keys of the table that *words* is. */
function keysOf(words) {
  const keys = [...words.matchAll(/^\s{2,4}(?:"([\w.$-]+)"|(\w+)):/gm)];
  return new Set(keys.map((one) => one[1] ?? one[2]).filter((key) => key !== "en" && key !== "ko"));
}

/** Return those *keys* that neither a literal nor a template of *text* can be. */
function unusedKeys(keys, text) {
  const said = new Set([...text.matchAll(/["'`]([\w.$-]+)["'`]/g)].map((one) => one[1]));
  for (const [, name] of text.matchAll(/\b(\w+):/g)) said.add(name);
  const made = [...text.matchAll(/`([^`]*\$\{[^`]*)`/g)]
    .map((one) => one[1].split(HOLE))
    .filter((pieces) => pieces.some(Boolean) && pieces.every((one) => /^[\w.-]*$/.test(one)))
    .map((pieces) => new RegExp(`^${pieces.join(".+").replaceAll(/\.(?!\+)/g, "\\.")}$`));
  return [...keys].filter((key) => !said.has(key) && !made.some((one) => one.test(key)));
}

/** Return what *text* exports by name; a type that it uses itself may be exported for whoever needs it. */
function exportsOf(text) {
  const said =
    /^export (?:async )?(?:(?:const|let|function\*?|class|enum) (\w+)|(?:interface|type) (\w+)|\{([^}]*)\})/gm;
  return [...text.matchAll(said)].flatMap(([, value, type, list]) => {
    if (type) return text.match(new RegExp(`\\b${type}\\b`, "g")).length > 1 ? [] : [type];
    return value ? [value] : list.split(",").map((name) => name.trim().split(" as ").at(-1));
  });
}

/** Return those *names* that no text which imports *module* (as its path ends) has. */
function unusedExports(module, names, texts) {
  const imports = new RegExp(`["'][^"'\n]*\\b${module}["']`);
  const users = texts.filter((text) => imports.test(text));
  return names.filter(
    (name) => name && !users.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
}

const PLANTED = [
  [
    unusedExports("a", exportsOf("export const x = 1;\nexport { y, z as w };"), [
      'import { y } from "./a"; w',
    ]),
    ["x"],
  ],
  [unusedClasses(".a{} .b > svg{} :global(.c){}", ["classes.a"]), ["b"]],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
  [unusedKeys(new Set(["tab.x", "gone", "kept"]), 't(`tab.${one}`) t("kept")'), ["gone"]],
];
const found = PLANTED.filter(([is, wanted]) => is.join() !== wanted.join()).map(
  ([, wanted]) => `this check would not see ${wanted}`,
);
for (const [path, sheet] of files) {
  if (!path.endsWith(".module.css")) continue;
  const users = sources.filter(([, text]) => text.includes(`/${basename(path)}"`));
  const names = unusedClasses(
    sheet,
    users.map(([, text]) => text),
  );
  for (const name of names) found.push(`${path}: nobody uses .${name}`);
}
for (const [path, words] of sources) {
  if (!/(^|\/)(words|en)\.ts$/.test(path)) continue;
  const ground = path.includes("/features/") ? `${dirname(path)}/` : "";
  const near = sources.filter(
    ([one]) => one.startsWith(ground) && !/\/(words|en|ko)\.ts$/.test(one),
  );
  // A table may have rows that it makes itself, and helpers beside it.
  const own = [...words.matchAll(/`[^`]*`/g)].map(([text]) => text);
  for (const key of unusedKeys(keysOf(words), [...near.map(([, text]) => text), ...own].join("\n")))
    found.push(`${path}: nobody says ${key}`);
}
for (const [path, text] of sources) {
  if (/\.test\.tsx?$/.test(path)) continue;
  const module = basename(path).replace(/\.tsx?$/, "");
  const others = sources.filter(([one]) => one !== path).map(([, one]) => one);
  // A package is imported by its name.
  const named = module === "index" ? path.split("/")[1] : module;
  for (const name of unusedExports(named, exportsOf(text), others))
    found.push(`${path}: nobody imports ${name}`);
}
// A state is named by a service, or by what draws it.
const STATES = "packages/ui/src/status/states.ts";
const services = join(ROOT, "../src/ecp");
const named = [
  ...readdirSync(services, { recursive: true })
    .filter((name) => name.endsWith(".py"))
    .map((name) => readFileSync(join(services, name), "utf8")),
  ...sources.filter(([path]) => path !== STATES).map(([, text]) => text),
].join("\n");
const rows = /export const STATES = \{([^}]*)\}/.exec(readFileSync(join(ROOT, STATES), "utf8"))[1];
for (const [, state] of rows.matchAll(/^ {2}(\w+)[:,]/gm))
  if (!new RegExp(`["']${state}["']`).test(named)) found.push(`${STATES}: nobody is ${state}`);
for (const line of found) console.error(line);
process.exitCode = found.length ? 1 : 0;
