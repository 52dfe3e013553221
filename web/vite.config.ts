/** One build of both applications: what they share is loaded and cached once. */
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;
const ORCHESTRATOR = process.env.ECP_ORCHESTRATOR_URL ?? "http://localhost:8001";
const SIMULATOR = process.env.ECP_SIMULATOR_URL ?? "http://localhost:6360";
const forSimulator = process.env.APP === "simulator";

export default defineConfig({
  plugins: [react()],
  publicDir: resolve(here, "public"),
  resolve: {
    alias: [
      { find: /^@ecp\/api$/, replacement: resolve(here, "packages/api/src/index.ts") },
      { find: /^@ecp\/(ui|stream)\/(.*)$/, replacement: resolve(here, "packages/$1/src/$2") },
    ],
  },
  build: {
    outDir: resolve(here, "../src/ecp/web"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // These know light-dark(): nothing is rewritten for older ones.
    target: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        console: resolve(here, "apps/console/index.html"),
        simulator: resolve(here, "apps/simulator/index.html"),
      },
    },
  },
  server: {
    open: forSimulator ? "/apps/simulator/" : "/apps/console/",
    proxy: {
      "/api": { target: forSimulator ? SIMULATOR : ORCHESTRATOR, ws: true },
      "/clusters": { target: SIMULATOR, ws: true },
      "/ws": { target: ORCHESTRATOR, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["packages/**/*.test.{ts,tsx}", "apps/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    pool: "threads",
    isolate: false,
    css: false,
  },
});
