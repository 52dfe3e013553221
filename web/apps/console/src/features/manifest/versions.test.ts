import { describe, expect, it } from "vitest";
import { versionsOf } from "./versions";

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
