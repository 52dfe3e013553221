import { describe, expect, it } from "vitest";
import { at, documents, entryAt, keysAt, steps, valueAt } from "./tree";

/** The cursor is where | is. */
function cursor(marked: string) {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const place = at(text, offset);
  return {
    path: place.path.join("."),
    key: place.key,
    word: text.slice(place.word.from, place.word.to),
    keys: keysAt(place.document, place.path).join(" "),
  };
}

describe("the path at the cursor", () => {
  it.each([
    ["the root", "api|", { path: "", key: null, word: "api" }],
    ["a value of the root", "kind: Dep|", { path: "", key: "kind", word: "Dep" }],
    ["no value yet", "kind: |", { path: "", key: "kind", word: "" }],
    ["an empty line below a key", "spec:\n  |", { path: "spec", key: null, word: "" }],
    ["half a key below one", "spec:\n  repl|", { path: "spec", key: null, word: "repl" }],
    [
      "beside its siblings",
      "spec:\n  replicas: 2\n  sel|\n  paused: true",
      {
        path: "spec",
        keys: "replicas paused",
      },
    ],
    ["an empty line further left", "spec:\n  template:\n    metadata: {}\n  |", { path: "spec" }],
    ["an item of a list", "a:\n  - name: x\n    ima|", { path: "a.0", word: "ima" }],
    ["an item that may become a key", "a:\n- name: x\n- na|", { path: "a", key: 1, word: "na" }],
    ["a key of the second item", "a:\n- name: x\n- na|: y", { path: "a.1", key: null, word: "na" }],
    ["after a dash alone", "a:\n  - name: x\n  - |", { path: "a.1", key: null }],
    ["a list in a list's item", "a:\n- b:\n  - c: 1\n  - d|", { path: "a.0.b", key: 1, word: "d" }],
    ["a value in an item", "a:\n- pullPolicy: Al|", { path: "a.0", key: "pullPolicy" }],
    ["a scalar of a list", "a:\n  - Read|\n", { path: "a", key: 0, word: "Read" }],
    ["in braces, a key", "a: {name: x, po|}", { path: "a", key: null, word: "po", keys: "name" }],
    ["in braces, a value", "a: {type: Re|}", { path: "a", key: "type", word: "Re" }],
    ["in braces that are not closed", "a: {b: {c|\nd: 1", { path: "a.b", key: null, word: "c" }],
    ["in braces of an item", "p:\n  - {name: h, pro|}", { path: "p.0", word: "pro" }],
    ["before braces", "a: |{b: 1}", { path: "", key: "a", word: "" }],
    ["a comment", "a: 1\n# b|", { path: "", key: "" }],
    ["nothing yet", "|", { path: "", key: null, word: "" }],
    ["in brackets", "a: {drop: [AL|]}", { path: "a.drop", key: 0, word: "AL" }],
    ["in braces over lines", "a: {b: 1,\n  c: {d|: 2}}", { path: "a.c", word: "d" }],
    ["the second document", "kind: A\n---\nkind: B\nspec:\n  x|", { path: "spec", word: "x" }],
    ["the first of two", "kind: A\nsp|\n---\nkind: B", { path: "", keys: "kind" }],
    ["text that is no YAML around it", "spec:\n  }{\n  : :\n  na|\n  {", { path: "spec" }],
    ["a block of text", "data:\n  a: |+\n    key|: x", { path: "data.a", key: "" }],
    ["after a block of text", "data:\n  a: >-\n    x\n  b|", { path: "data", word: "b" }],
    ["a quoted key", 'a:\n  "x/y": 1\n  z|', { path: "a", keys: "x/y" }],
    ["a value before a comment", "a: T| # why", { path: "", key: "a", word: "T" }],
  ])("is that of %s", (_, marked, wanted) => {
    // The block's own | is written as § here.
    const text = marked.includes("|+") ? marked.replace("|+", "§") : marked;
    const found =
      text === marked
        ? cursor(marked)
        : (() => {
            const offset = text.indexOf("|");
            const whole = (text.slice(0, offset) + text.slice(offset + 1)).replace("§", "|");
            const place = at(whole, offset);
            return { path: place.path.join("."), key: place.key };
          })();
    expect(found).toMatchObject(wanted);
  });
});

describe("documents and their entries", () => {
  const TEXT = `# only words
---
kind: Service
metadata: {name: web, labels: {app: "x"}}
spec:
  ports:
    - {name: http, port: 80}
    - name: https
      port: 443 # TLS
---
---
kind: Pod
metadata:
  name: 'p'
`;
  it("are told apart", () => {
    const found = documents(TEXT);
    expect(found.map((one) => valueAt(TEXT, one, ["kind"]))).toEqual(["Service", "Pod"]);
    expect(found.map((one) => valueAt(TEXT, one, ["metadata", "name"]))).toEqual(["web", "p"]);
  });
  it.each([
    [["metadata", "labels", "app"], "x"],
    [["spec", "ports", 0, "port"], "80"],
    [["spec", "ports", 1, "port"], "443"],
    [["metadata", "labels"], '{app: "x"}'],
    [["spec", "no"], ""],
  ])("have at %s the value %s", (path, wanted) => {
    const [service] = documents(TEXT);
    expect(service && valueAt(TEXT, service, path)).toBe(wanted);
  });
  it("say where a key stands", () => {
    const [service] = documents(TEXT);
    const entry = service && entryAt(service, ["spec", "ports", 1, "name"]);
    expect(entry && TEXT.slice(entry.key.from, entry.value.to)).toBe("name: https");
  });
  it("are found by the path of a finding", () => {
    expect(steps("spec.containers[0].resources.limits[nvidia.com/gpu]")).toEqual([
      "spec",
      "containers",
      0,
      "resources",
      "limits",
      "nvidia.com/gpu",
    ]);
  });
});
