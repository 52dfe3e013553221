import { expect, it } from "vitest";
import { policyCall, titleOf } from "./alerts";

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

it.each([
  ["one of everybody's", "cpu_high", "", "CPU high"],
  ["one of a tenant's own, by its id", "custom:queue", "", "queue"],
  ["one of a tenant's own, by its alert", "custom", "queue", "queue"],
  ["one that nobody knows", "new_rule", "", "new_rule"],
])("%s has its title", (_, rule, subject, title) =>
  expect(titleOf(rule, subject, [{ rule: "cpu_high", name: "CPU high" }])).toBe(title),
);
