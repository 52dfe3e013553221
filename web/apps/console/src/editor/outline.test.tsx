/** The outline of a long manifest: short at first, with all that is wrong. */
import { drawn, user } from "@ecp/ui/testing/drawn";
import { prefer } from "@ecp/ui/view/preferences";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, it } from "vitest";
import { Outline } from "./Outline";

const TEXT = Array.from({ length: 500 }, (_, n) => `kind: Pod\nmetadata: {name: p${n}}\n`).join(
  "---\n",
);
const names = () => [...document.querySelectorAll("ol b")].map((b) => b.textContent);

beforeAll(() => prefer({ language: "en" }));
afterEach(cleanup);

it("draws some documents, those that are wrong wherever they are, and the rest when asked", async () => {
  await drawn(
    <Outline text={TEXT} findings={[{ object: { kind: "Pod", name: "p450" } }]} onGo={() => {}} />,
  );
  expect(names().length).toBe(301);
  expect(names().at(-1)).toBe("p450");
  await user.click(screen.getByRole("button", { name: "Show 199 more of 199" }));
  expect(names().length).toBe(500);
});
