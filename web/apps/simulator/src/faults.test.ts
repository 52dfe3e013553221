import { describe, expect, it } from "vitest";
import { type Fault, isBehind, joined } from "./faults";

const one = (id: string, recovered_at: string | null = null) => ({ id, recovered_at }) as Fault;
const told = (ended: number, ...faults: Fault[]) => ({ counts: { ended, failed: 0 }, faults });

describe("faults that are over", () => {
  it.each([
    ["nothing is new", told(1, one("f1", "T")), { ended: 1, failed: 0, running: 1 }, [], false],
    ["one more ended", told(1, one("f1", "T")), { ended: 2, failed: 0 }, [], true],
    ["one more failed", told(1, one("f1", "T")), { ended: 1, failed: 1 }, [], true],
    ["one has recovered", told(1, one("f1")), { ended: 1, failed: 0 }, [one("f1", "T")], true],
    ["one has not yet", told(1, one("f1")), { ended: 1, failed: 0 }, [one("f1")], false],
    ["nothing is known", undefined, { ended: 1, failed: 0 }, [], false],
  ])("are asked for again: %s", (_, known, counts, watched, wanted) =>
    expect(isBehind(known, counts, watched)).toBe(wanted),
  );
  it("are listed once where they ended between two questions", () =>
    expect(joined([one("f3"), one("f2")], [one("f2"), one("f1")]).map(({ id }) => id)).toEqual([
      "f3",
      "f2",
      "f1",
    ]));
});
