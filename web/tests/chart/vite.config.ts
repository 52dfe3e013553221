/** Builds the chart that is measured; `--outDir` says where to. */
import { resolve } from "node:path";
import { mergeConfig } from "vite";
import usual from "../../vite.config";

const root = resolve(import.meta.dirname, "../..");
export default mergeConfig(
  { ...usual, build: { ...usual.build, rollupOptions: {} } },
  { root, build: { rollupOptions: { input: resolve(import.meta.dirname, "index.html") } } },
);
