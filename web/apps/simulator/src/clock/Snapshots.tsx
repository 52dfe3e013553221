/** Snapshots of a cluster: take one, download it, go back to it, fork it. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { NativeSelect, TextInput } from "@mantine/core";
import { IconCamera, IconDownload, IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import { atSimulator, hooks } from "../ask";
import classes from "./clock.module.css";
import { Fork } from "./Fork";
import { useT } from "./words";

export function Snapshots({
  cluster,
  onFork,
  onRestored,
}: {
  cluster: string;
  onFork: (name: string) => void;
  onRestored: () => void;
}) {
  const t = useT();
  const [label, setLabel] = useState("");
  const [from, setFrom] = useState("");
  const kept = hooks.useQuery("get", "/api/v1/clusters/{name}/snapshots", {
    params: { path: { name: cluster } },
  });
  const path = `/api/v1/clusters/${encodeURIComponent(cluster)}/snapshot`;
  const body = { label: label.trim() };
  // Keeping under a label that is taken loses what was kept there: then it is typed once more.
  const taken = ((kept.data?.snapshots ?? []) as readonly string[]).includes(body.label);
  return (
    <>
      <p className="dim">{t("snapshots.say")}</p>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          label={t("label")}
          name="snapshot-label"
          placeholder="before-rollout"
          value={label}
          error={taken && t("label.taken")}
          onChange={(change) => setLabel(change.currentTarget.value)}
        />
        <Mutation
          name="snapshot"
          label={t(taken ? "take.over" : "take")}
          icon={<IconCamera size={14} />}
          disabled={body.label === ""}
          {...(taken ? { danger: true, confirm: body.label } : {})}
          cli={`ecp clock snapshot ${quoted(body.label || "LABEL")} --cluster ${cluster}`}
          curl={curl("POST", `/api/v1/clusters/${cluster}/snapshots`, body)}
          run={async () => {
            const { error } = await atSimulator.POST("/api/v1/clusters/{name}/snapshots", {
              params: { path: { name: cluster } },
              body,
            });
            if (error) throw error;
            setLabel("");
            await kept.refetch();
          }}
        />
        <a href={path} download className={classes.download}>
          <IconDownload size={14} aria-hidden /> {t("download.now")}
        </a>
      </div>
      <AskedPanel title={t("tab.snapshots")} ask={kept}>
        {(data) => {
          const labels = (data.snapshots ?? []) as readonly string[];
          return labels.length === 0 ? (
            <Empty
              say={t("snapshots.none", { cluster })}
              sample={`ecp clock snapshot before-rollout --cluster ${cluster}`}
            />
          ) : (
            <ul className={classes.list} data-list="snapshots">
              {labels.map((one) => (
                <li key={one}>
                  <span className="mono">{one}</span>
                  <a
                    href={`${path}?label=${encodeURIComponent(one)}`}
                    download
                    className={classes.download}
                    aria-label={`${t("download")}: ${one}`}
                  >
                    <IconDownload size={14} aria-hidden /> {t("download")}
                  </a>
                  <Restore cluster={cluster} label={one} onRestored={onRestored} />
                </li>
              ))}
            </ul>
          );
        }}
      </AskedPanel>
      <h3>{t("fork.title", { cluster })}</h3>
      <p className="dim">{t("fork.say")}</p>
      <NativeSelect
        size="xs"
        className={classes.from}
        w={220}
        label={t("fork.from")}
        value={from}
        onChange={(change) => setFrom(change.currentTarget.value)}
        data={[
          { value: "", label: t("fork.present") },
          ...((kept.data?.snapshots ?? []) as readonly string[]).map((one) => ({
            value: one,
            label: one,
          })),
        ]}
      />
      <Fork cluster={cluster} snapshot={from || null} onFork={onFork} />
    </>
  );
}

function Restore({
  cluster,
  label,
  onRestored,
}: {
  cluster: string;
  label: string;
  onRestored: () => void;
}) {
  const t = useT();
  return (
    <Mutation
      name={`restore-${label}`}
      label={t("restore")}
      icon={<IconHistory size={14} />}
      danger
      confirm={cluster}
      cli={`ecp clock restore ${label} --cluster ${cluster}`}
      curl={curl("POST", `/api/v1/clusters/${cluster}/snapshots/${label}/restore`)}
      run={async () => {
        const { error } = await atSimulator.POST(
          "/api/v1/clusters/{name}/snapshots/{label}/restore",
          { params: { path: { name: cluster, label } } },
        );
        if (error) throw error;
        onRestored();
      }}
    />
  );
}
