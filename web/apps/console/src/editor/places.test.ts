import { expect, it } from "vitest";
import { placeOf } from "./places";

const TEXT = `apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      nodeSelector:
        accelerator: h100
      containers:
        - image: other:1
          name: other
        - name: bot
          image: bot:1
          envFrom:
            - secretRef: {name: a}
            - secretRef: {name: b}
          resources:
            requests: {cpu: "1"}
`;

const lineAt = (offset: number | null) =>
  offset === null ? null : (TEXT.slice(offset).split("\n")[0] ?? "").trim();

it.each([
  ["spec.template.spec.nodeSelector", "nodeSelector:"],
  ["spec.template.spec.containers[bot].image", "image: bot:1"],
  ["spec.template.spec.containers[other].image", "image: other:1"],
  ["spec.template.spec.containers[bot].resources.requests", 'requests: {cpu: "1"}'],
  // What is not written yet: what it would stand in.
  ["spec.template.spec.containers[bot].resources.limits.memory", "resources:"],
  ["spec.template.spec.tolerations", "spec:"],
  ["", "apiVersion: apps/v1"],
])("%s of the Deployment stands at %s", (field, line) =>
  expect(lineAt(placeOf(TEXT, "deployment/web", field))).toBe(line),
);

it("an item by its index", () =>
  expect(
    lineAt(placeOf(TEXT, "deployment/web", "spec.template.spec.containers[bot].envFrom[1]")),
  ).toContain("name: b"));

it("an object of the same name and another kind is another", () =>
  expect(lineAt(placeOf(TEXT, "configmap/web", "metadata"))).toBe("metadata: {name: web}"));

it("what is not there is nowhere", () =>
  expect(placeOf(TEXT, "deployment/api", "spec")).toBe(null));
