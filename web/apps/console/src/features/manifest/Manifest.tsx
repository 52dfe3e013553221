/** A tenant's manifest: view → edit → review → apply. The draft stays in this tab until it is sent. */
import { Answer } from "@ecp/ui/layout/Panel";
import { stateOf } from "@ecp/ui/status/states";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { usePreferences } from "@ecp/ui/view/preferences";
import { useView } from "@ecp/ui/view/useView";
import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconDownload, IconPencil } from "@tabler/icons-react";
import { type ComponentProps, useEffect, useRef, useState } from "react";
import { Editor, useCode } from "../../editor/Editor";
import { useDraft } from "../../editor/kept";
import { Outline } from "../../editor/Outline";
import { placeOf } from "../../editor/places";
import { Report } from "../../editor/Report";
import { useJudged } from "../../editor/useJudged";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import classes from "./manifest.module.css";
import { Review } from "./Review";
import { type Back, useText, useVersions, type Version, versionsOf, wentBack } from "./versions";
import { useT } from "./words";

const VIEW = { step: "view", version: "", against: "released", all: false, at: "" };
const STEPS = ["view", "edit", "review"] as const;
type At = ComponentProps<typeof Editor>["at"];

export default function Manifest() {
  const tenant = useTenant();
  const { demo } = usePreferences();
  const versions = useVersions(tenant);
  useCode();
  return (
    <TenantPage part="manifest">
      <Answer ask={versions}>
        {(data) => (
          <Steps
            key={`${tenant} ${demo}`}
            tenant={tenant}
            versions={versionsOf(data.releases ?? [])}
            back={wentBack(data.releases ?? [])}
          />
        )}
      </Answer>
    </TenantPage>
  );
}

function Steps({
  tenant,
  versions,
  back,
}: {
  tenant: string;
  versions: readonly Version[];
  back: Back | null;
}) {
  const t = useT();
  const u = useUi();
  const f = useFormat();
  const { demo } = usePreferences();
  const [view, setView] = useView(VIEW);
  const [newest] = versions;
  const chosen = versions.find((one) => one.digest === view.version) ?? newest;
  const released = useText(tenant, newest?.digest);
  const shown = useText(tenant, chosen?.digest);
  const left = useText(tenant, back?.left);
  const [draft, setDraft] = useDraft(`${demo ? "demo" : "own"}.${tenant}`, released.data);
  const [at, goTo] = useState<At>(null);
  const step = STEPS.find((one) => one === view.step) ?? "view";
  const text = (step === "view" ? shown.data : (draft ?? released.data)) ?? "";
  const judged = useJudged(text);
  const named = view.at;
  // Who comes from a problem is led to the line that it is mended at.
  const led = useRef("");
  useEffect(() => {
    if (!text || led.current === named) return;
    led.current = named;
    const [object = "", field = ""] = named.split(":");
    const offset = placeOf(text, object, field);
    if (offset !== null) goTo({ offset });
  }, [named, text]);
  const row = (one: Version) =>
    one.revision === null
      ? t("version.now")
      : t("version.row", {
          revision: one.revision,
          at: f.instant(one.began),
          phase: u(`state.${stateOf(one.phase)}`),
        });
  // What was gone back from would be sent once more.
  const again = back !== null && text !== "" && text === left.data;
  const load = () => {
    setDraft(null);
    setView({ version: "", ...(step === "review" ? { step: "edit" } : {}) });
  };
  const base = newest?.revision ? t("revision", { revision: newest.revision }) : t("generated");
  return (
    <>
      <div className={classes.bar}>
        <SegmentedControl
          size="xs"
          aria-label={t("steps")}
          value={step}
          onChange={(next) => setView({ step: next })}
          data={STEPS.map((value) => ({ value, label: t(`step.${value}`) }))}
        />
        {step === "view" && (
          <>
            <NativeSelect
              size="xs"
              aria-label={t("version")}
              value={chosen?.digest ?? ""}
              onChange={(change) => setView({ version: change.currentTarget.value })}
              data={versions.map((one) => ({ value: one.digest, label: row(one) }))}
            />
            <Button
              variant="default"
              data-do="edit"
              leftSection={<IconPencil size={14} />}
              disabled={!shown.data}
              onClick={() => {
                if (draft === null || chosen !== newest) setDraft(shown.data ?? null);
                setView({ step: "edit" });
              }}
            >
              {t("edit")}
            </Button>
          </>
        )}
        <Button
          variant="default"
          leftSection={<IconDownload size={14} />}
          disabled={!text}
          onClick={() => save(`${tenant}.yaml`, text)}
        >
          {t("download")}
        </Button>
        {back && (draft !== null || chosen !== newest) && (
          <Button data-do="load" onClick={load}>
            {t("back.load", { revision: back.revision })}
          </Button>
        )}
        {draft !== null && step !== "view" && !back && (
          <Button variant="default" data-do="discard" onClick={() => setDraft(null)}>
            {t("discard")}
          </Button>
        )}
        {step === "edit" && (
          <Button
            data-do="review"
            variant={back && draft !== null ? "default" : "filled"}
            onClick={() => setView({ step: "review" })}
          >
            {t("review")}
          </Button>
        )}
      </div>
      {back && (
        <p className={classes.back} role="status" data-back>
          {t("back", { revision: back.revision, to: back.to, from: back.from })}{" "}
          {again
            ? t(step === "view" ? "back.left" : "back.again", { from: back.from })
            : draft !== null && t("back.draft")}
        </p>
      )}
      <p className={classes.note} data-draft={draft !== null || undefined}>
        {step === "view" ? t("secrets") : draft === null ? t("draft.none") : t("draft", { base })}
      </p>
      {step === "review" && released.data !== undefined ? (
        <Review
          tenant={tenant}
          before={released.data}
          text={text}
          changed={draft !== null}
          released={Boolean(newest?.revision)}
          again={again}
          judged={judged}
          labels={[newest?.revision ? base : u("none"), t("draft.label")]}
          view={view}
          setView={setView}
          onSent={() => setDraft(null)}
        />
      ) : (
        <div className={classes.both}>
          <div className={classes.editor}>
            <Answer ask={step === "view" ? shown : released} rows={12}>
              {() => (
                <Editor
                  key={step}
                  label={t("manifest", { tenant })}
                  text={text}
                  findings={judged.findings}
                  stale={judged.stale}
                  at={at ?? null}
                  readOnly={step === "view"}
                  onChange={(next) => step === "edit" && setDraft(next)}
                />
              )}
            </Answer>
          </div>
          <div>
            <Outline text={text} findings={judged.findings} onGo={goTo} />
            <Report
              judged={judged}
              text={text}
              onGo={goTo}
              {...(step === "edit" ? { onText: setDraft } : {})}
            />
          </div>
        </div>
      )}
    </>
  );
}

/** Give a text as a file. */
function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
