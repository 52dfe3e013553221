import { describe, expect, it } from "vitest";
import { changed, distance, fixOf } from "./fixes";

/** What is meant stands between « and ». */
function fixed(marked: string, finding: { message?: string; remedy?: string; path?: string }) {
  const from = marked.indexOf("«");
  const to = marked.indexOf("»") - 1;
  const text = marked.replace(/[«»]/g, "");
  const line = text.slice(0, from).split("\n").length;
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const place = { line, column: from - start + 1, end_line: line, end_column: to - start + 1 };
  const fix = fixOf({ ...finding, ...place }, text);
  return fix && changed(text, fix.changes);
}

const MISMATCH = "Invalid value: {}: `selector` does not match template `labels`";
const LABELS = "spec.template.metadata.labels";
const over = (labels: string) =>
  `kind: Pod\n---\nspec:\n  selector:\n    matchLabels: {app: a, tier: "b"}\n  template:\n    metadata:\n      labels: ${labels}\n`;

describe("a fix", () => {
  it.each([
    [
      "lowers a request to its limit",
      "r: {memory: «2Gi»}",
      { message: 'r: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi' },
      "r: {memory: 1Gi}",
    ],
    [
      "gives the template the selector's labels, and leaves its own",
      over("«{app: x, own: y}»"),
      { message: MISMATCH, path: LABELS },
      over('{tier: "b", app: a, own: y}'),
    ],
    [
      "does so where they stand line by line",
      over("\n        «app»: x\n        own: y"),
      { message: MISMATCH, path: LABELS },
      over('\n        tier: "b"\n        app: a\n        own: y'),
    ],
    [
      "takes the value that is nearest",
      "p: «Allways»",
      { message: 'Unsupported value: "Allways": supported values: "Always", "IfNotPresent"' },
      "p: Always",
    ],
    [
      "takes none where none is near",
      "p: «Sometimes»",
      { message: 'Unsupported value: "Sometimes": supported values: "Always", "Never"' },
      null,
    ],
    [
      "renames a field that was meant",
      "spec:\n  «replica»: 2",
      { path: "spec.replica", remedy: 'Did you mean "replicas"? Remove it.' },
      "spec:\n  replicas: 2",
    ],
    [
      "renames none that would stand twice",
      "spec:\n  «replica»: 2\n  replicas: 3",
      { path: "spec.replica", remedy: '혹시 "replicas"인가요?' },
      null,
    ],
    [
      "takes quotes away from a number",
      'spec:\n  replicas: «"3"»',
      { path: "spec.replicas", message: "json: cannot unmarshal string into x of type int32" },
      "spec:\n  replicas: 3",
    ],
    [
      "writes no number that is none",
      "spec:\n  replicas: «two»",
      { path: "spec.replicas", message: "json: cannot unmarshal string into x of type int32" },
      null,
    ],
    [
      "quotes what is to be text",
      "env: [{name: A, value: «true»}]",
      { path: "env[0].value", message: "json: cannot unmarshal bool into x of type string" },
      'env: [{name: A, value: "true"}]',
    ],
    [
      "moves to the API that is there",
      "apiVersion: «extensions/v1beta1»",
      { path: "apiVersion", remedy: 'Use "networking.k8s.io/v1"; it is gone.' },
      "apiVersion: networking.k8s.io/v1",
    ],
    ["is none without a remedy", "a: «b»", { message: "something else" }, null],
  ])("%s", (_, marked, finding, wanted) => {
    expect(fixed(marked, finding)).toBe(wanted);
  });
  it("knows how far words are apart", () => {
    expect([distance("Allways", "Always"), distance("", "ab"), distance("a", "a")]).toEqual([
      1, 2, 0,
    ]);
  });
});
