import { expect, it } from "vitest";
import { policyCall } from "./alerts";

it.each([
  [[], [], ""],
  [[], ["cpu_high"], " --off cpu_high"],
  [["cpu_high"], ["cpu_high"], ""],
  [["cpu_high", "no_data"], ["no_data"], " --on cpu_high"],
  [["cpu_high"], ["no_data"], " --off no_data --on cpu_high"],
])("a policy that was off %j and shall be off %j says%s", (before, off, said) => {
  expect(policyCall("acme", "premium", before, off)).toBe(
    `ecp alerts policy acme --preset premium${said}`,
  );
});
