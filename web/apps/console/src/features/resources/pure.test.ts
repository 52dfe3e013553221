import { gathered, layered } from "@ecp/ui/graph/layers";
import { SIZE } from "@ecp/ui/graph/model";
import { describe, expect, test } from "vitest";
import { kindsOf, sortOf, wishOf } from "./choosing";
import { pieces } from "./colouring";
import { type Extra, mapped } from "./mapping";
import { groupId, grown, laid, ROW, restOf } from "./tree";
import type { Group, Health, Item, Link } from "./types";

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

/** Pods of one owner as the service tells them. */
function many(owner: string, count: number, problem = false): Group {
  return {
    id: `${owner}*Pod${problem ? "!" : ""}`,
    owner_uid: owner,
    kind: "Pod",
    problem,
    count,
    health: { [problem ? "degraded" : "healthy"]: count },
    restarts: 0,
    reason: problem ? "the image cannot be pulled" : null,
  };
}

const names = (rows: readonly { id: string }[]) => rows.map((row) => row.id.split("/").pop());

describe("what is asked for", () => {
  const nothing = { q: "", kind: "", label: "", in: "" };
  test.each([
    ["nothing asked: everything", {}, {}],
    ["words, without what stands around them", { q: " pod web " }, { q: "pod web" }],
    ["kinds by comma", { kind: "Pod,Job" }, { kind: ["Pod", "Job"] }],
    ["a selector as it is", { label: "app=web" }, { selector: "app=web" }],
    ["the members of a group", { in: "u1*Pod!" }, { group: "u1*Pod!" }],
  ])("%s", (_, view, want) => {
    expect(wishOf({ ...nothing, ...view })).toEqual(want);
  });

  test.each([
    ["health", "health"],
    ["-created", "-created_at"],
  ])("the order %s is %s for the service", (order, want) => {
    expect(sortOf(order)).toBe(want);
  });

  test("kinds by how many there are", () => {
    expect(kindsOf({ Job: 1, Pod: 2, ConfigMap: 1 }).map(([kind]) => kind)).toEqual([
      "Pod",
      "ConfigMap",
      "Job",
    ]);
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
      reason: null,
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

  describe("a group of the service", () => {
    const all = workload("web", 0);
    const bad = many("ReplicaSet/web-1", 900, true);
    const fine = many("ReplicaSet/web-1", 100);
    const forest = grown(all, all, [fine, bad]);
    const known = new Map([[bad.id, [item("Pod", "web-1-0", "ReplicaSet/web-1", "degraded")]]]);

    test("is one row below its owner, those to be looked at first, with why", () => {
      const { rows } = laid(forest, new Set());
      expect(rows.map((row) => row.id)).toEqual([all[0]?.id, all[1]?.id, bad.id, fine.id]);
      expect(rows[2]).toMatchObject({ depth: 2, opens: true, opened: false });
      expect(rows[2]?.group).toMatchObject({ count: 900, reason: "the image cannot be pulled" });
    });

    test("opened, its first members hang on it, and one row stands for the rest", () => {
      const { rows } = laid(forest, new Set([bad.id]), false, known);
      expect(rows.slice(2, 5).map((row) => row.depth)).toEqual([2, 3, 3]);
      expect(rows[4]?.group).toMatchObject({ count: 899, rest: true });
      expect(restOf(rows[4]?.id ?? "")).toBe(bad.id);
      expect(restOf(bad.id)).toBeUndefined();
    });

    test("opened, it stands as it is until its members come", () => {
      expect(laid(forest, new Set([bad.id])).rows).toHaveLength(4);
    });

    test("brings its owners, whatever the filter left of them", () => {
      expect(laid(grown(all, [], [bad]), new Set()).rows.map((row) => row.depth)).toEqual([
        0, 1, 2,
      ]);
    });
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

  test("a group of the service is one node, named by the workload, with how many it is", () => {
    const set = workload("web", 0);
    const group = many("ReplicaSet/web-1", 5000);
    const nodes = { ...many("", 250), id: "*Node", owner_uid: null, kind: "Node" };
    const all = [item("Service", "web"), ...set];
    const links = [link("Service/web", group.id, "serves"), link(group.id, nodes.id, "runs-on")];
    const found = mapped(all, all, links, none, [group, nodes]);
    expect(found.nodes.find((node) => node.id === group.id)).toMatchObject({
      name: "web",
      note: "×5000",
      state: "healthy",
    });
    expect(found.edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(
      [`Deployment/web ${group.id}`, `${group.id} *Node`, "Service/web Deployment/web"].sort(),
    );
  });

  test("pods that the service tells one by one are drawn as few nodes", () => {
    const all = [item("Service", "web"), ...workload("web", 200, 7)];
    const on = all
      .filter((one) => one.kind === "Pod")
      .map((pod) => link("Service/web", pod.id, "serves"));
    const found = mapped(all, all, on, none);
    const { nodes, edges } = gathered(found.nodes, found.edges);
    expect(layered(nodes, edges, () => SIZE.height).top.size).toBeLessThan(10);
    expect(laid(grown(all, all), new Set()).rows.length).toBeLessThan(10);
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
