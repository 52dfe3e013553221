/**
 * The doors of web/: app → features → ground → packages. The app is its `main.tsx` and `pages.ts`;
 * its ground is what its features share (`ask.ts`, `texts/` …). A feature knows no other feature, the
 * ground no feature, a package no app; `api` and `stream` know no other package. A test may use what is
 * in `tests/`, too. Prints each broken door.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;
const IMPORT = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;
const TEST = /\.test\.tsx?$/;
const MAY = { api: [], stream: [], ui: ["api", "stream"] };
const LEVEL = { app: 3, feature: 2, ground: 1 };

/** Return the room of a file: a package, or an app, a feature or the ground of an app. */
function room(path) {
  const [kind, name, , folder = "", noun] = path.split("/");
  if (kind === "packages") return { kind: "package", name };
  if (kind !== "apps") return { kind: "elsewhere", name: kind };
  if (folder === "features") return { kind: "feature", name: `${name}/${noun}`, app: name };
  return { kind: /^(main|pages)\b/.test(folder) ? "app" : "ground", name, app: name };
}

/** Tell whether the file at *path* may not import *target*. */
export function broken(path, target) {
  const here = room(path);
  if (target.startsWith("@ecp/")) {
    const other = target.split("/")[1];
    return here.kind === "package" && other !== here.name && !MAY[here.name]?.includes(other);
  }
  if (!target.startsWith(".")) return false;
  const there = room(relative(ROOT, join(ROOT, dirname(path), target)));
  if (there.kind === "elsewhere") return !(TEST.test(path) && there.name === "tests");
  if (here.kind === "package") return there.name !== here.name;
  if (there.app !== here.app) return true;
  if (here.kind === "feature" && there.kind === "feature") return there.name !== here.name;
  return LEVEL[there.kind] > LEVEL[here.kind];
}

const PLANTED = [
  ["apps/console/src/features/home/Home.tsx", "../tenants/Sla"],
  ["apps/console/src/features/home/Home.tsx", "../../pages"],
  ["apps/console/src/ask.ts", "./features/home/Home"],
  ["apps/console/src/ask.ts", "../../simulator/src/ask"],
  ["packages/ui/src/theme.ts", "../../../apps/console/src/ask"],
  ["packages/stream/src/follow.ts", "@ecp/ui/theme"],
  ["apps/console/src/features/home/Home.tsx", "../../../../../tests/drawn"],
  ["apps/console/src/features/home/Home.test.tsx", "../../../../../build/doors"],
];
const ALLOWED = [["apps/console/src/features/home/Home.test.tsx", "../../../../../tests/drawn"]];
const found = PLANTED.filter(([path, target]) => !broken(path, target)).map(
  ([path, target]) => `this check would not see that ${path} imports ${target}`,
);
for (const [path, target] of ALLOWED)
  if (broken(path, target)) found.push(`this check forbids ${path} to import ${target}`);
for (const base of ["packages", "apps"]) {
  for (const name of readdirSync(join(ROOT, base), { recursive: true })) {
    const path = join(base, name);
    if (!/\.tsx?$/.test(path) || /node_modules|generated/.test(path)) continue;
    for (const [, target] of readFileSync(join(ROOT, path), "utf8").matchAll(IMPORT)) {
      if (broken(path, target)) found.push(`${path} may not import ${target}`);
    }
  }
}
for (const line of found) console.error(line);
process.exitCode = found.length ? 1 : 0;
