import { describe, expect, it } from "vitest";
import { differing } from "./differ";
import { gone } from "./useCluster";

const pod = (name: string, version: string, kind = "Pod") => ({
  kind,
  namespace: "t",
  name,
  resource_version: version,
});

describe("two clusters", () => {
  it.each([
    ["are alike", [pod("a", "1")], [pod("a", "1")], []],
    ["differ in a version", [pod("a", "1")], [pod("a", "2")], [["Pod/t/a", "changed"]]],
    [
      "have each what the other has not",
      [pod("a", "1")],
      [pod("b", "1")],
      [
        ["Pod/t/a", "left"],
        ["Pod/t/b", "right"],
      ],
    ],
    ["are not told apart by events", [pod("a", "1", "Event")], [], []],
  ])("%s", (_, left, right, wanted) =>
    expect(differing(left, right).map((one) => [one.id, one.how])).toEqual(wanted),
  );
});

describe("a warp", () => {
  const clock = (now: string, to: string | null) => ({
    now,
    warping_to: to,
    pace_since: "2026-01-01T00:00:00Z",
  });
  it.each([
    ["is half way", clock("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"), 0.5],
    ["is over at most", clock("2026-01-01T03:00:00Z", "2026-01-01T02:00:00Z"), 1],
    ["is none", clock("2026-01-01T03:00:00Z", null), 0],
  ])("%s", (_, given, wanted) => expect(gone(given)).toBe(wanted));
});
