/** Objects as a table, a page at a time; loaded when somebody looks at it. */

import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { told } from "@ecp/ui/layout/ProblemView";
import { usePages } from "@ecp/ui/table/usePages";
import { useTableView } from "@ecp/ui/table/view";
import { useView } from "@ecp/ui/view/useView";
import { useMemo } from "react";
import { EVERY_MS, useGiven } from "../../ask";
import { Chips } from "./Bar";
import { kindsOf, sortOf, wishOf } from "./choosing";
import { USUAL } from "./columns";
import { Frame } from "./Frame";
import { List } from "./List";
import type { Item, Seen } from "./types";
import { pageOf } from "./useSeen";
import { VIEW } from "./view";
import { useT } from "./words";

interface Page {
  readonly rows: readonly Item[];
  readonly total: number;
  readonly seen: Seen;
}

export default function Listed({ tenant }: { tenant: string }) {
  const t = useT();
  const { headers } = useGiven();
  const [view, setView] = useView(VIEW);
  const [table] = useTableView();
  const order = sortOf(table.sort || USUAL);
  const only = view.show === "problems";
  const wish = useMemo(
    () => ({ ...wishOf(view), sort: order, problems: only }),
    [view, order, only],
  );
  const pages = usePages<Item, Page>({
    key: ["resources", tenant, headers, wish],
    ask: async (skip, limit, signal) => {
      const seen = await pageOf(tenant, { ...wish, skip, limit }, signal);
      return { rows: seen.nodes, total: seen.matched, seen };
    },
    everyMs: EVERY_MS,
  });
  const wrong = pages.ask.error && view.label ? told(pages.ask.error)?.message : undefined;
  return (
    <Answer ask={pages.ask} rows={8}>
      {({ seen }) => (
        <Frame tenant={tenant} seen={seen} order={order}>
          <List
            rows={pages.rows}
            total={seen.total}
            onView={pages.onView}
            chips={
              <Chips
                view={view}
                setView={setView}
                kinds={kindsOf(seen.kinds)}
                wrong={wrong}
                problems={{ on: only, count: seen.problems }}
              />
            }
            open={view.o}
            onOpen={(o) => setView({ o, pods: "" })}
            onLogs={(names) => setView({ o: "", pods: names.join(",") })}
            empty={<Empty say={t("none.chosen")} />}
          />
        </Frame>
      )}
    </Answer>
  );
}
