import { Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { blockAt, coloured, opensBlock, parts } from "./colours";
import { fold, nextIndent } from "./writing";

const said = (line: string) =>
  parts(line).map(([from, to, part]) => `${part} ${line.slice(from, to)}`);

describe("the parts of a line", () => {
  it.each([
    ["kind: Deployment", ["key kind", "mark :", "string Deployment"]],
    ["  - name: a b # why", ["mark -", "key name", "mark :", "string a b", "comment # why"]],
    ["replicas: 3", ["key replicas", "mark :", "atom 3"]],
    ["ok: true", ["key ok", "mark :", "atom true"]],
    ['"a": "b: c # d"', ['key "a"', "mark :", 'string "b: c # d"']],
    ["image: nginx:1.27", ["key image", "mark :", "string nginx:1.27"]],
    ["url: http://a/b#c", ["key url", "mark :", "string http://a/b#c"]],
    ["a: [1, x]", ["key a", "mark :", "mark [", "atom 1", "mark ,", "string x", "mark ]"]],
    [
      "metadata: {name: e}",
      ["key metadata", "mark :", "mark {", "key name", "mark :", "string e", "mark }"],
    ],
    ["run: |-", ["key run", "mark :", "mark |-"]],
    ["# a: b", ["comment # a: b"]],
    ["---", ["mark ---"]],
    ["설명: 콜봇 3대", ["key 설명", "mark :", "string 콜봇 3대"]],
    ["", []],
  ])("%s", (line, wanted) => expect(said(line)).toEqual(wanted)); // prettier-ignore
});

const BLOCK = Text.of(["data:", "  run: |", "    a: b", "", "    # c", "  next: 1"]);

it("knows a block of letters", () => {
  expect([1, 2, 3, 4, 5, 6].map((n) => blockAt(BLOCK, n))).toEqual([-1, -1, 2, 2, 2, -1]);
  expect([opensBlock("a: >2"), opensBlock("# a: |"), opensBlock("a: b|")]).toEqual([
    true,
    false,
    false,
  ]);
});

it("folds what stands further in, and the items of a list below their key", () => {
  const doc = Text.of(["a:", "- b: 1", "  c: 2", "- d", "e:", "  f: 1", "", "---", "g: 1"]);
  const ends = [1, 2, 4, 5, 8].map((n) => {
    const end = fold(doc, n);
    return end === null ? 0 : doc.lineAt(end).number;
  });
  expect(ends).toEqual([4, 3, 0, 6, 0]);
});

it.each([
  ["spec:", 2],
  ["  a: 1", 2],
  ["  - name: x", 4],
  ["  - env:", 6],
  ["run: |", 2],
  ["", 0],
])("begins the line after %j at %i", (line, wanted) => expect(nextIndent(line)).toBe(wanted));

describe("a line that is in view in pieces", () => {
  it("is coloured once, and so are those below it", () => {
    const doc = Text.of(["a: 1", `b: "${"y".repeat(10_000)}"`, "c: 2"]);
    const whole = coloured(doc, [{ from: 0, to: doc.length }]);
    const pieces = coloured(doc, [
      { from: 0, to: 3000 },
      { from: 6000, to: 8000 },
      { from: 9000, to: doc.length },
    ]);
    expect([pieces.size, whole.size]).toEqual([9, 9]);
  });
});
