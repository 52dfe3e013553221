import { drawn } from "@ecp/ui/testing/drawn";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Rows } from "./Services";
import type { Levels } from "./statement";

const service = (
  name: string,
  uptime: number | null,
  down: number,
  good: number,
  total: number,
) => ({
  service: name,
  uptime_percentage: uptime,
  downtime_seconds: down,
  requests: { good, total },
});

afterEach(cleanup);

/** Draw what the API tells of services; return their rows. */
async function told(levels: Levels): Promise<readonly string[][]> {
  await drawn(<Rows of={levels} />);
  return screen
    .queryAllByRole("row")
    .slice(1)
    .map((row) => [...row.children].map((cell) => cell.textContent ?? ""));
}

test("the service that lost most stands first; who was not asked has no ratio of requests", async () => {
  const rows = await told({
    services: [service("qa", 100, 0, 0, 0), service("stt", 99.5, 432, 980, 1000)],
    services_source: "simulator",
  });
  expect(rows.map((row) => row[0])).toEqual(["stt", "qa"]);
  expect(rows[0]?.[1]).toMatch(/^99\.5/);
  expect(rows[0]?.[2]).toMatch(/^98/);
  expect(rows[1]?.[2]).toBe("–");
});

test.each([
  [null, /^Nobody can say it now/],
  ["kept minutes", /No service of this tenant/],
])("nothing known, said by %s, is said in words", async (source, said) => {
  expect(await told({ services: [], services_source: source })).toEqual([]);
  expect(document.querySelector("p")?.textContent).toMatch(said);
});
