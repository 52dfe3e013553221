// @vitest-environment node
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { posted } from "./asFile";

test("the first line, run in a shell, makes the body of whatever is written", () => {
  vi.stubGlobal("location", { origin: "http://localhost" });
  const folder = mkdtempSync(join(tmpdir(), "ecp-"));
  const text = "a: 'it''s \"so\" $HOME `x`'\n---\nb: 한글\n";
  writeFileSync(join(folder, "acme.yaml"), text);
  const [make = "", call] = posted(
    "/api/v1/x",
    "acme.yaml",
    { confirm: "CLUSTER" },
    { "X-Demo-Mode": "true" },
  ).split("\n");
  execFileSync("sh", ["-c", make], { cwd: folder });
  expect(JSON.parse(readFileSync(join(folder, "acme.json"), "utf8"))).toEqual({
    confirm: "CLUSTER",
    manifest_content: text,
  });
  expect(call).toBe(
    "curl -X POST 'http://localhost/api/v1/x' -H 'X-Demo-Mode: true' -H 'Content-Type: application/json' --data @acme.json",
  );
});
