// @vitest-environment node
import { describe, expect, it } from "vitest";
import { MOST_LETTERS, packed, unpacked } from "./share";

describe("a text in a link", () => {
  it.each([["kind: Pod\n"], ["파드 😀\n"], ["a".repeat(100_000)]])("comes back", async (text) => {
    const hash = await packed(text);
    expect(hash).toMatch(/^#m=[\w-]+$/);
    expect(await unpacked(hash ?? "")).toBe(text);
  });
  it("is refused where no link could hold it", async () => {
    let seed = 7;
    const noise = Array.from({ length: 60_000 }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return String.fromCharCode(33 + ((seed >> 12) % 90));
    }).join("");
    expect(await packed(noise)).toBeNull();
  });
  it.each([
    ["another hash", "#top"],
    ["letters that are none of ours", "#m=***"],
    ["a part of a link", "#m=S0vNS"],
    ["too many letters", `#m=${"A".repeat(MOST_LETTERS)}`],
  ])("is not taken from %s", async (_, hash) => {
    expect(await unpacked(hash)).toBeNull();
  });
  it("does not fill the memory", async () => {
    const hash = await packed("a".repeat(3 << 20));
    expect(hash).not.toBeNull();
    expect(await unpacked(hash ?? "")).toBeNull();
  });
});
