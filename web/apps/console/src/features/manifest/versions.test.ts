import { describe, expect, it } from "vitest";
import { versionsOf, wentBack } from "./versions";

describe("versions of a manifest", () => {
  it("are of the newest release that sent each", () => {
    const rows = [
      { manifest_digest: "b", revision: 3, began: "3", phase: "ready" },
      { manifest_digest: "a", revision: 2, began: "2", phase: "ready" },
      { manifest_digest: "b", revision: 1, began: "1", phase: "ready" },
    ];
    expect(versionsOf(rows).map((one) => [one.digest, one.revision])).toEqual([
      ["b", 3],
      ["a", 2],
    ]);
  });
  it("are the one that is generated now where nothing was released", () => {
    expect(versionsOf([])).toEqual([{ digest: "", revision: null, began: "", phase: "" }]);
  });
});

describe("a roll-back that is the newest release", () => {
  const bad = { manifest_digest: "b", revision: 2 };
  const good = { manifest_digest: "a", revision: 1 };
  const back = { manifest_digest: "a", revision: 3, rollback: { to: 1, from: 2 } };
  it.each([
    [
      "says what runs, and what it left",
      [back, bad, good],
      { revision: 3, to: 1, from: 2, left: "b" },
    ],
    [
      "of a manifest that only options differed in: it left none",
      [back, { ...bad, manifest_digest: "a" }, good],
      { revision: 3, to: 1, from: 2, left: undefined },
    ],
    ["is past once something came after it", [{ ...bad, revision: 4 }, back, bad, good], null],
    ["there was none", [bad, good], null],
    ["nothing was released", [], null],
  ])("%s", (_, releases, wanted) => expect(wentBack(releases)).toEqual(wanted));
});
