import { expect, describe as group, it } from "vitest";
import type { Field, Told } from "./fields";
import { asked, keyOffers, outline, removed, rootOffers, valueOffers } from "./offers";
import { at } from "./tree";

const field = (name: string, more: Partial<Field> = {}): Field => ({
  name,
  type: "string",
  description: "",
  required: false,
  enum: [],
  default: null,
  ...more,
});
const CONTAINER: Told = {
  ...field("containers"),
  of_map: false,
  kubernetes_version: "1.36",
  source: "OpenAPI of Kubernetes 1.36",
  fields: [field("env"), field("image"), field("name", { required: true })],
};
const KINDS = [
  { api_version: "v1", kind: "Service" },
  { api_version: "apps/v1", kind: "Deployment" },
  { api_version: "autoscaling/v1", kind: "HorizontalPodAutoscaler" },
  { api_version: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
];
const MANIFEST = `kind: ConfigMap
metadata: {name: settings}
---
kind: Secret
metadata: {name: keys}
---
kind: Deployment
spec:
  envFrom:
    - configMapRef: {name: §}
`;

function place(marked: string) {
  const offset = marked.indexOf("§");
  const text = marked.replace("§", "");
  return { text, place: at(text, offset) };
}

group("what is offered", () => {
  it("are the keys that are not there yet, required ones first", () => {
    const found = keyOffers(CONTAINER, place("c:\n- image: x\n  §").place);
    expect(found.map((one) => [one.label, one.apply, one.boost])).toEqual([
      ["env", "env: ", 0],
      ["name", "name: ", 2],
    ]);
  });
  it("are keys of an item that is only begun", () => {
    expect(keyOffers(CONTAINER, place("c:\n- n§").place)).toHaveLength(3);
  });
  it("are the values that the schema names, and truth", () => {
    const strategy = field("type", {
      enum: ["Recreate", "RollingUpdate"],
      default: "RollingUpdate",
    });
    const { place: here, text } = place("type: §");
    expect(valueOffers(strategy, here, text).map((one) => [one.label, one.detail])).toEqual([
      ["Recreate", ""],
      ["RollingUpdate", "default"],
    ]);
    const truth = valueOffers(field("paused", { type: "boolean" }), here, text);
    expect(truth.map((one) => one.label)).toEqual(["true", "false"]);
  });
  it.each([
    ["a ConfigMap where one is named", MANIFEST, ["settings"]],
    ["a Secret", MANIFEST.replace("configMapRef", "secretRef"), ["keys"]],
    ["nothing elsewhere", MANIFEST.replace("configMapRef", "fieldRef"), []],
  ])("is %s", (_, marked, wanted) => {
    const { place: here, text } = place(marked);
    expect(valueOffers(field("name"), here, text).map((one) => one.label)).toEqual(wanted);
  });
  it.each([
    ["kind", { apiVersion: "v1", kind: "" }, ["Service"]],
    ["kind", { apiVersion: "vv", kind: "" }, ["Service", "Deployment", "HorizontalPodAutoscaler"]],
    [
      "apiVersion",
      { apiVersion: "", kind: "HorizontalPodAutoscaler" },
      ["autoscaling/v1", "autoscaling/v2"],
    ],
  ] as const)("at the root for %s of %o is %o", (of, known, wanted) => {
    expect(rootOffers(KINDS, of, known).map((one) => one.label)).toEqual(wanted);
  });
  it("is asked for without the indices of lists", () => {
    expect(asked(place("spec:\n  containers:\n  - ports:\n    - pro: §").place)).toEqual({
      field: "pro",
      path: ["spec", "containers", "ports"],
    });
  });
});

group("the outline", () => {
  it("names each document and where it begins", () => {
    expect(
      outline(MANIFEST).map((one) => [
        one.kind,
        one.name,
        MANIFEST.slice(0, one.from).split("\n").length,
      ]),
    ).toEqual([
      ["ConfigMap", "settings", 1],
      ["Secret", "keys", 4],
      ["Deployment", "", 7],
    ]);
  });
  it("tells what another text lacks", () => {
    const [without] = MANIFEST.split("---\nkind: Secret");
    expect(removed(MANIFEST, without ?? "")).toEqual(["Secret keys", "Deployment "]);
    expect(removed(without ?? "", MANIFEST)).toEqual([]);
  });
});
