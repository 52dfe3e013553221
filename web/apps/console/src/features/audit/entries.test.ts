import { expect, test } from "vitest";
import { clientOf, commandOf, queryOf, VIEW } from "./entries";

const AT = Date.parse("2026-01-05T00:00:42Z");

test("only what is chosen is asked for", () => {
  expect(queryOf(VIEW, AT)).toEqual({});
  expect(queryOf({ ...VIEW, tenant: "acme", outcome: "refused" }, AT)).toEqual({
    tenant: "acme",
    outcome: "refused",
  });
});

test("a range begins on a whole minute, so that the same is asked for within it", () => {
  expect(queryOf({ ...VIEW, since: "1h" }, AT)).toEqual({ from: "2026-01-04T23:00:00Z" });
});

test("the command asks for the same", () => {
  expect(commandOf({ tenant: "acme", q: "x" }, true)).toBe("ecp audit --tenant acme --q x --demo");
});

const CLIENTS = {
  "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36": "Chrome 156",
  "Mozilla/5.0 Chrome/156.0 Safari/537.36 Edg/155.0": "Edge 155",
  "ecp/0.1.0": "ecp/0.1.0",
  "": "",
};
for (const [agent, name] of Object.entries(CLIENTS))
  test(`${agent || "nothing"} is ${name || "nothing"}`, () => expect(clientOf(agent)).toBe(name));

test("the command that lists the same has each word in one piece", () => {
  const query = { actor: "it's kim", action: "release" };
  expect(commandOf(query, true)).toBe("ecp audit --actor 'it'\\''s kim' --action release --demo");
});
