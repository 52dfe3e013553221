/** One build of both applications: what they share is loaded and cached once. */
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = import.meta.dirname;
const ORCHESTRATOR = process.env.ECP_ORCHESTRATOR_URL ?? "http://localhost:8001";
const SIMULATOR = process.env.ECP_SIMULATOR_URL ?? "http://localhost:6360";
const APP = process.env.APP === "simulator" ? "simulator" : "console";
const SERVICE = APP === "simulator" ? SIMULATOR : ORCHESTRATOR;

/**
 * Left to itself the bundler makes a file of each few hundred bytes that another set of pages shares, and a
 * page then waits for sixty answers. What every page begins with is one file; so is what nearly all pages have.
 */
const SHELL = {
  name: (id: string) => (id.includes("/apps/") ? null : "shell"),
  debugName: "shell",
  tags: ["$initial" as const],
  priority: 3,
};
const PARTS = {
  name: "parts",
  test: /@tabler\/icons-react|@mantine\/hooks|packages\/ui\/src\/(actions|layout|live|status|view)\//,
  minShareCount: 3,
  priority: 2,
};
const GROUND = {
  name: "ground",
  test: /apps\/console\/src\/(?!features\/)/,
  minShareCount: 4,
  priority: 1,
};

/** While developing, every page's address is that of the service: /tenants/acme, /dashboard/acme. */
const pages: Plugin = {
  name: "pages",
  configureServer(server) {
    server.middlewares.use((request, _answer, next) => {
      if (request.headers.accept?.includes("text/html")) request.url = `/apps/${APP}/index.html`;
      next();
    });
  },
};

export default defineConfig({
  plugins: [react(), pages],
  // Two servers beside each other do not share what they have prepared.
  cacheDir: process.env.ECP_WEB_CACHE ?? `node_modules/.vite-${APP}`,
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
      output: { codeSplitting: { groups: [SHELL, PARTS, GROUND] } },
    },
  },
  server: {
    strictPort: true,
    proxy: Object.fromEntries(
      ["/api", "/clusters", "/ws", "/metrics", "/health", "/k8s", "/sla", "/monitoring/"].map(
        (path) => [path, { target: SERVICE, ws: true }],
      ),
    ),
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
