/** Audit: who did what, when, from where, to which tenant and cluster, and what came of it. */
import { Commands, curl } from "@ecp/ui/actions/Mutation";
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Dialog } from "@ecp/ui/layout/over";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useUi } from "@ecp/ui/texts/texts";
import { type Format, useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { IconDownload, IconTerminal2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { atOrchestrator, EVERY_MS, headersOf, useGiven } from "../../ask";
import classes from "./audit.module.css";
import { Cards } from "./Cards";
import { EntryView } from "./EntryView";
import {
  type Answer,
  commandOf,
  type Entry,
  GROUPS,
  OUTCOMES,
  queryOf,
  RANGES,
  STATES,
  VIEW,
} from "./entries";
import { useT } from "./words";

const PAGE = 200;

export default function Audit() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const query = queryOf(view, Date.now());
  const asked = useInfiniteQuery({
    // Where a range ends moves on; that is no other question.
    queryKey: ["audit", given.headers, { ...view, entry: 0 }],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const more = pageParam ? { cursor: pageParam } : {};
      const { data, error } = await atOrchestrator.GET("/api/v1/audit", {
        ...given,
        signal,
        params: { query: { ...query, ...more, limit: PAGE } as never },
      });
      if (error) throw error;
      return data as unknown as Answer;
    },
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > 1 ? false : EVERY_MS),
    placeholderData: (old) => old,
  });
  const rows = useMemo(() => asked.data?.pages.flatMap((page) => page.entries) ?? [], [asked.data]);
  const columns = useColumns(t, f);
  const narrow = useMediaQuery("(max-width: 640px)");
  const filtered = Object.keys(query).length > 0;
  const clear = () => setView(VIEW);
  const list = {
    rows,
    onOpen: (row: Entry) => setView({ entry: row.id }),
    chips: <Filters />,
    empty: filtered ? (
      <Empty
        say={t("none.found")}
        action={
          <Button variant="default" onClick={clear}>
            {t("all")}
          </Button>
        }
      />
    ) : (
      <Empty say={t("none")} sample="ecp tenant create acme --callbot 10" />
    ),
  };
  return (
    <Page
      title={t("title")}
      badge={<LiveBadge live={liveOf(asked)} />}
      actions={<Actions query={query} />}
      ask={asked}
    >
      {({ pages }) => {
        const total = pages[0]?.total ?? 0;
        const open = rows.find((row) => row.id === view.entry);
        return (
          <>
            <p className={classes.say}>{t("say")}</p>
            {narrow ? (
              <Cards {...list} total={total} />
            ) : (
              <DataTable<Entry>
                {...list}
                label={t("title")}
                total={total}
                stale={asked.isPlaceholderData}
                columns={columns}
                id={(row) => String(row.id)}
                sort="-at"
                served={{ filter: true }}
                {...(open ? { open: String(open.id) } : {})}
              />
            )}
            {asked.hasNextPage && (
              <p className={classes.more}>
                {t("more", { shown: f.number(rows.length) })}
                <Button
                  variant="default"
                  data-do="more"
                  loading={asked.isFetchingNextPage}
                  onClick={() => void asked.fetchNextPage()}
                >
                  {t("more.load")}
                </Button>
              </p>
            )}
            <Detail
              title={open?.summary ?? ""}
              opened={open !== undefined}
              onClose={() => setView({ entry: 0 })}
              onNeighbour={(by) => {
                const next = rows[rows.findIndex((row) => row.id === view.entry) + by];
                if (next) setView({ entry: next.id });
              }}
              tabs={[
                {
                  id: "entry",
                  name: t("entry"),
                  show: () => (open ? <EntryView entry={open} /> : null),
                },
              ]}
            />
          </>
        );
      }}
    </Page>
  );
}

/** Filters of the address, each by what it is. */
function Filters() {
  const t = useT();
  const [view, setView] = useView(VIEW);
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("outcome")}
        value={view.outcome || "all"}
        onChange={(outcome) => setView({ outcome: outcome === "all" ? "" : outcome, entry: 0 })}
        data={(["all", ...OUTCOMES] as const).map((value) => ({
          value,
          label: t(`outcome.${value}`),
        }))}
      />
      <NativeSelect
        size="xs"
        aria-label={t("action")}
        value={view.action.split(".")[0] ?? ""}
        onChange={(change) => setView({ action: change.currentTarget.value, entry: 0 })}
        data={[
          { value: "", label: t("group.all") },
          ...GROUPS.map((value) => ({ value, label: t(`group.${value}`) })),
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label={t("range")}
        value={view.since}
        onChange={(change) => setView({ since: change.currentTarget.value, entry: 0 })}
        data={[{ value: "", label: t("range.all") }, ...Object.keys(RANGES)]}
      />
      <TextInput
        size="xs"
        w={130}
        aria-label={t("tenant")}
        placeholder={t("tenant")}
        value={view.tenant}
        onChange={(change) => setView({ tenant: change.currentTarget.value, entry: 0 })}
      />
      <TextInput
        size="xs"
        w={130}
        aria-label={t("actor")}
        placeholder={t("actor")}
        value={view.actor}
        onChange={(change) => setView({ actor: change.currentTarget.value, entry: 0 })}
      />
    </>
  );
}

/** What can be done with the list: taken along, or asked for elsewhere. */
function Actions({ query }: { query: Record<string, string> }) {
  const t = useT();
  const u = useUi();
  const given = useGiven();
  const [shown, show] = useDisclosure();
  const demo = given.headers["X-Demo-Mode"] === "true";
  const search = new URLSearchParams({ ...query, format: "csv" });
  const save = async () => {
    const { data } = await atOrchestrator.GET("/api/v1/audit", {
      ...given,
      params: { query: { ...query, format: "csv", limit: 10_000 } as never },
      parseAs: "blob",
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(data as unknown as Blob);
    link.download = "audit.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <Button
        variant="default"
        data-shows="audit"
        leftSection={<IconTerminal2 size={15} stroke={1.6} />}
        onClick={show.open}
      >
        {t("cli")}
      </Button>
      <Button
        variant="default"
        data-do="export"
        leftSection={<IconDownload size={15} stroke={1.6} />}
        onClick={() => void save()}
      >
        {t("export")}
      </Button>
      <Dialog
        opened={shown}
        onClose={show.close}
        title={t("cli")}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands
          cli={commandOf(query, demo)}
          curl={curl("GET", `/api/v1/audit?${search}`, undefined, headersOf(given))}
        />
      </Dialog>
    </>
  );
}

function useColumns(t: ReturnType<typeof useT>, f: Format): Column<Entry>[] {
  return useMemo(
    () => [
      {
        id: "at",
        head: t("at"),
        width: "186px",
        by: (row) => row.id,
        cell: (row) => <span className="dim">{f.instant(row.at)}</span>,
      },
      {
        id: "outcome",
        head: t("outcome"),
        width: "minmax(104px, 0.6fr)",
        by: (row) => row.outcome,
        cell: (row) => (
          <StatusBadge state={STATES[row.outcome]} word={t(`outcome.${row.outcome}`)} />
        ),
      },
      {
        id: "what",
        head: t("what"),
        width: "minmax(260px, 2.6fr)",
        by: (row) => row.summary,
        cell: (row) => (
          <span title={row.summary}>
            {row.summary} {row.code && <span className="dim mono">{row.code}</span>}
          </span>
        ),
      },
      {
        id: "actor",
        head: t("actor"),
        width: "minmax(120px, 0.8fr)",
        by: (row) => row.actor,
        cell: (row) => (
          <span title={t(`from.${row.actor_from}`)}>
            {row.actor_from === "system" ? <em>{row.actor}</em> : row.actor}
          </span>
        ),
      },
      {
        id: "tenant",
        head: t("tenant"),
        width: "minmax(100px, 0.7fr)",
        by: (row) => row.tenant_id,
        cell: (row) => row.tenant_id ?? "–",
      },
      {
        id: "target",
        head: t("target"),
        width: "minmax(120px, 0.7fr)",
        by: (row) => row.target_name,
        cell: (row) => (
          <>
            {row.target_name}{" "}
            <span className={row.target === "kubernetes" ? classes.real : "dim"}>
              {row.target === "kubernetes" ? t("target.real") : t("target.simulated")}
            </span>
          </>
        ),
      },
      {
        id: "took",
        head: t("took"),
        width: "84px",
        numeric: true,
        by: (row) => row.duration_ms,
        cell: (row) => (row.duration_ms === null ? "–" : `${f.number(row.duration_ms, 0)} ms`),
      },
    ],
    [t, f],
  );
}
