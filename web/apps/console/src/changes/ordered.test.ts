import { expect, test } from "vitest";
import { ordered } from "./ordered";

const objects = ["none", "create", "split", "remove", "refused"].map((action) => ({
  kind: "ConfigMap",
  name: action,
  action,
}));
const names = (all: boolean) => ordered(objects, all).map((one) => `${one.name} ${one.action}`);

test("what is refused or goes stands first; a word that is not known is a change", () => {
  expect(names(false)).toEqual([
    "refused refused",
    "remove remove",
    "split change",
    "create create",
  ]);
  expect(names(true).at(-1)).toBe("none none");
});
