import { gathered, layered } from "@ecp/ui/graph/layers";
import { SIZE } from "@ecp/ui/graph/model";
import { describe, expect, test } from "vitest";
import { chosen, kindsOf } from "./choosing";
import { pieces } from "./colouring";
import { type Extra, mapped } from "./mapping";
import { groupId, grown, laid, MOST, ROW } from "./tree";
import type { Health, Item, Link } from "./types";

function item(kind: string, name: string, owner = "", health: Health | null = "healthy"): Item {
  return {
    id: `${kind}/${name}`,
    apiVersion: "v1",
    kind,
    namespace: "acme",
    name,
    uid: `${kind}/${name}`,
    owner_uid: owner || null,
    labels: { app: name.split("-")[0] ?? "" },
    created_at: null,
    health,
    reason: null,
    sync: "released",
    changed: [],
    ready: null,
    desired: null,
    restarts: null,
    node: kind === "Pod" ? `n${name.length % 3}` : null,
    problem: health !== null && health !== "healthy",
  };
}

/** A Deployment, its ReplicaSet and *count* pods, of which the first *bad* do not stand well. */
function workload(name: string, count: number, bad = 0): Item[] {
  const set = `ReplicaSet/${name}-1`;
  return [
    { ...item("Deployment", name), problem: bad > 0 },
    { ...item("ReplicaSet", `${name}-1`, `Deployment/${name}`), problem: bad > 0 },
    ...Array.from({ length: count }, (_, at) =>
      item("Pod", `${name}-1-${at}`, set, at < bad ? "degraded" : "healthy"),
    ),
  ];
}

const names = (rows: readonly { id: string }[]) => rows.map((row) => row.id.split("/").pop());

describe("what is chosen", () => {
  const all = [...workload("web", 2, 1), item("ConfigMap", "settings", "", null)];
  test.each([
    ["every word has to be there, wherever", { words: "pod web-1-1" }, ["web-1-1"]],
    ["a label counts as key=value", { words: "app=settings" }, ["settings"]],
    ["kinds leave the others out", { kinds: new Set(["ConfigMap"]) }, ["settings"]],
    ["problems with who owns them", { problems: true }, ["web", "web-1", "web-1-0"]],
    ["nothing asked: everything", {}, ["web", "web-1", "web-1-0", "web-1-1", "settings"]],
  ])("%s", (_, wish, want) => {
    const asked = { words: "", kinds: new Set<string>(), problems: false, ...wish };
    expect(names(chosen(all, asked))).toEqual(want);
  });

  test("kinds by how many there are", () => {
    expect(kindsOf(all)[0]).toEqual(["Pod", 2]);
  });
});

describe("the tree", () => {
  test("what is shown brings its owners, and the worst comes first", () => {
    const all = [...workload("fine", 1), ...workload("web", 2, 1)];
    const { rows } = laid(grown(all, all), new Set());
    expect(names(rows).slice(0, 3)).toEqual(["web", "web-1", "web-1-0"]);
    const one = grown(all, [all[2] as Item]);
    expect(names(laid(one, new Set()).rows)).toEqual(["fine", "fine-1", "fine-1-0"]);
  });

  test("an owner stands between its first and last child, and no two rows meet", () => {
    const all = workload("web", 3);
    const { rows, height } = laid(grown(all, all), new Set());
    expect(rows.map((row) => row.y)).toEqual([ROW, ROW, 0, ROW, 2 * ROW]);
    expect(height).toBe(3 * ROW);
    expect(rows.map((row) => row.parent)).toEqual([-1, 0, 1, 1, 1]);
  });

  test("eight leaves of a kind are one row with their states, until it is opened", () => {
    const all = workload("web", 8, 2);
    const forest = grown(all, all);
    const shut = laid(forest, new Set()).rows;
    expect(shut.at(-1)?.group).toEqual({
      kind: "Pod",
      count: 8,
      states: [
        ["healthy", 6],
        ["degraded", 2],
      ],
      rest: false,
    });
    const id = groupId("ReplicaSet/web-1", "Pod");
    expect(shut.at(-1)?.id).toBe(id);
    expect(laid(forest, new Set([id])).rows).toHaveLength(10);
  });

  test("seven are not", () => {
    const all = workload("web", 7);
    expect(laid(grown(all, all), new Set()).rows).toHaveLength(9);
  });

  test("who is folded hides what is below; where all is folded, who is opened shows it", () => {
    const all = workload("web", 2);
    const forest = grown(all, all);
    expect(names(laid(forest, new Set(["Deployment/web"])).rows)).toEqual(["web"]);
    expect(names(laid(forest, new Set(), true).rows)).toEqual(["web"]);
    expect(names(laid(forest, new Set(["Deployment/web"]), true).rows)).toEqual(["web", "web-1"]);
  });

  test("a thousand pods that were opened stay bounded", () => {
    const all = workload("web", 1000);
    const { rows } = laid(grown(all, all), new Set([groupId("ReplicaSet/web-1", "Pod")]));
    expect(rows).toHaveLength(2 + MOST + 1);
    expect(rows.at(-1)?.group).toMatchObject({ count: 900, rest: true });
  });
});

const link = (source: string, target: string, type: string): Link => ({ source, target, type });

describe("the map", () => {
  const none = new Set<Extra>();
  const pods = workload("web", 2);
  const all = [item("Service", "web"), ...pods, item("Node", "n1"), item("Secret", "s", "", null)];
  const links = [
    link("Service/web", "Pod/web-1-0", "serves"),
    link("Service/web", "Pod/web-1-1", "serves"),
    link("Pod/web-1-0", "Node/n1", "runs-on"),
    link("Pod/web-1-0", "Secret/s", "reads"),
  ];

  test("a Service leads to the workload, that to its pods, these to their node", () => {
    const found = mapped(all, all, links, none);
    expect(found.edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
      "Deployment/web Pod/web-1-0",
      "Deployment/web Pod/web-1-1",
      "Pod/web-1-0 Node/n1",
      "Service/web Deployment/web",
    ]);
    expect(names(found.nodes)).toEqual(["web", "web", "web-1-0", "web-1-1", "n1"]);
  });

  test("what pods read is there for who asks", () => {
    const found = mapped(all, all, links, new Set<Extra>(["config"]));
    expect(found.edges).toContainEqual({ from: "Pod/web-1-0", to: "Secret/s" });
  });

  test("a pod whose owner is not shown hangs on the Service itself", () => {
    const some = all.filter((one) => one.kind !== "Deployment");
    expect(mapped(all, some, links, none).edges).toContainEqual({
      from: "Service/web",
      to: "Pod/web-1-0",
    });
  });

  test.each([1000, 5000])("%i pods are drawn as few nodes", (count) => {
    const many = [
      item("Service", "web"),
      ...workload("web", count, 7),
      ...Array.from({ length: 100 }, (_, at) => item("Node", `n${at}`)),
    ];
    const on = many
      .filter((one) => one.kind === "Pod")
      .flatMap((pod, at) => [
        link(pod.id, `Node/n${at % 100}`, "runs-on"),
        link("Service/web", pod.id, "serves"),
      ]);
    const found = mapped(many, many, on, none);
    const { nodes, edges } = gathered(found.nodes, found.edges);
    const { at } = layered(nodes, edges, () => SIZE);
    const { rows } = laid(grown(many, many), new Set());
    expect(at.size).toBeLessThan(100);
    expect(rows.length).toBeLessThan(10);
  });
});

describe("a line of YAML", () => {
  test.each([
    ["kind: Pod", ["key kind", "mark :", "text  Pod"]],
    ["  - name: web", ["mark   - ", "key name", "mark :", "text  web"]],
    ["replicas: 3", ["key replicas", "mark :", "plain  3"]],
    ['  "a: b": "12"', ["mark   ", 'key "a: b"', "mark :", 'text  "12"']],
    ["# why", ["note # why"]],
    ["    http://web:80/x", ["mark     ", "text http://web:80/x"]],
    ["", []],
  ])("%j", (line, want) => {
    expect(pieces(line).map((piece) => piece.join(" "))).toEqual(want);
  });
});
