/** A playground: write or paste a manifest, see what the API server would say of it, and where. */
import { Commands } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Dialog } from "@ecp/ui/layout/over";
import { notify } from "@ecp/ui/shell/notices";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useUi } from "@ecp/ui/texts/texts";
import { useView } from "@ecp/ui/view/useView";
import { Button, CopyButton, FileButton, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFileUpload, IconShare3, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { posted } from "../../editor/asFile";
import { Editor } from "../../editor/Editor";
import { keep, useDraft } from "../../editor/kept";
import { Report } from "../../editor/Report";
import { useJudged, VALIDATE } from "../../editor/useJudged";
import { useT as useEditorT } from "../../editor/words";
import { useT as useConsoleT } from "../../texts/texts";
import { Next } from "./Next";
import { BAD, GOOD } from "./samples";
import { packed, unpacked } from "./share";
import classes from "./validate.module.css";
import { useT } from "./words";

/** strict: "": as the settings say, by which a deploy judges. */
const VIEW = { sample: "bad", strict: "" };
const SAMPLES = ["demo", "bad", "good", "own"] as const;
type Sample = (typeof SAMPLES)[number];
const TEXTS: Record<Sample, string | undefined> = {
  bad: BAD,
  good: GOOD,
  own: "",
  demo: undefined,
};
const VERDICTS = {
  waiting: ["pending", "valid"],
  refused: ["failed", "refused"],
  broken: ["failed", "unfit"],
  taken: ["up", "valid"],
} as const;
const MOST_BYTES = 2_000_000;
const draftOf = (sample: string) => `validate.${sample}`;

/** What a link brings is one's own text from then on; the address loses its hash by it. */
function useShared(take: (text: string) => void): void {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    const { hash, pathname, search } = location;
    void unpacked(hash).then((text) => {
      if (text === null) return;
      history.replaceState(history.state, "", pathname + search);
      latest.current(text);
    });
  }, []);
}

export default function Validate() {
  const t = useT();
  const e = useEditorT();
  const c = useConsoleT();
  const u = useUi();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const sample: Sample = SAMPLES.find((one) => one === view.sample) ?? "bad";
  const demo = useQuery({
    queryKey: ["demo-manifest"],
    enabled: sample === "demo",
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.GET("/api/v1/demo/manifest", {
        parseAs: "text",
      });
      if (error) throw error;
      return data as unknown as string;
    },
  });
  const base = sample === "demo" ? demo.data : TEXTS[sample];
  const [draft, setDraft] = useDraft(draftOf(sample), base);
  const text = draft ?? base ?? "";
  const [at, goTo] = useState<Parameters<typeof Editor>[0]["at"]>(null);
  const [showing, show] = useDisclosure();
  const settings = hooks.useQuery("get", "/api/v1/settings", given);
  const usual = settings.data?.validationStrict ?? true;
  const own = view.strict === "" ? undefined : view.strict === "true";
  const strict = own ?? usual;
  const judged = useJudged(text, own);
  const { answer, stale } = judged;

  const file = `# ${t("file.say")}`;
  const take = (found: string) => {
    keep(draftOf("own"), found);
    if (sample === "own") setDraft(found);
    else setView({ sample: "own" });
  };
  useShared(take);
  const read = async (files: readonly File[]) => {
    const large = files.find((file) => file.size > MOST_BYTES);
    if (large) {
      notify(t("file.large", { name: large.name }), { bad: true });
      return;
    }
    const texts = await Promise.all(files.map((file) => file.text()));
    take(texts.join("\n---\n"));
  };
  const dropped = (drop: DragEvent) => {
    if (drop.dataTransfer.files.length === 0) return;
    drop.preventDefault();
    drop.stopPropagation();
    void read([...drop.dataTransfer.files]);
  };
  return (
    <>
      <div className={classes.head}>
        <h1>{c("validate.title")}</h1>
        {answer && (
          <StatusBadge
            state={VERDICTS[judged.verdict][0]}
            word={judged.verdict === "waiting" ? "…" : e(VERDICTS[judged.verdict][1])}
          />
        )}
        <div className={classes.actions}>
          <Switch
            size="xs"
            label={t("strict")}
            checked={strict}
            onChange={({ currentTarget: { checked } }) =>
              setView({ strict: checked === usual ? "" : String(checked) })
            }
          />
          <FileButton
            multiple
            accept=".yaml,.yml,.json,application/yaml"
            onChange={(files) => void read(files)}
          >
            {(props) => (
              <Button {...props} variant="default" leftSection={<IconFileUpload size={14} />}>
                {t("file")}
              </Button>
            )}
          </FileButton>
          <Share text={text} />
          <Button
            variant="default"
            data-shows="validate"
            leftSection={<IconTerminal2 size={14} />}
            onClick={show.open}
          >
            {u("command.show")}
          </Button>
        </div>
      </div>
      <div className={classes.samples}>
        <SegmentedControl
          size="xs"
          aria-label={t("samples")}
          value={sample}
          onChange={(chosen) => setView({ sample: chosen })}
          data={SAMPLES.map((value) => ({ value, label: t(`sample.${value}`) }))}
        />
        {draft !== null && sample !== "own" && (
          <Button variant="subtle" data-do="reset" onClick={() => setDraft(null)}>
            {t("reset")}
          </Button>
        )}
      </div>
      <div className={classes.both}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped; a button opens them, too */}
        <div
          className={classes.editor}
          onDropCapture={dropped}
          onDragOver={(drag) => drag.preventDefault()}
        >
          <Editor
            label={t("manifest")}
            text={text}
            findings={judged.findings}
            stale={stale}
            at={at ?? null}
            onChange={setDraft}
          />
        </div>
        <div>
          {judged.isEmpty ? (
            <Empty say={t("own")} sample="ecp validate -f manifest.yaml" />
          ) : (
            <>
              {judged.verdict === "taken" && <Next sample={sample} text={text} />}
              <Report judged={judged} text={text} onGo={goTo} onText={setDraft} />
            </>
          )}
        </div>
      </div>
      <Dialog
        opened={showing}
        onClose={show.close}
        title={c("validate.title")}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands
          // The command judges strictly.
          cli={strict ? `${file}\necp validate -f manifest.yaml` : null}
          curl={`${file}\n${posted(VALIDATE, "manifest.yaml", own === undefined ? {} : { strict_validation: own }, headersOf(given))}`}
        />
      </Dialog>
    </>
  );
}

/** The text as a link. */
function Share({ text }: { text: string }) {
  const t = useT();
  const u = useUi();
  const [opened, open] = useDisclosure();
  const [link, setLink] = useState<string | null>("");
  const share = async () => {
    const hash = await packed(text);
    setLink(hash && `${location.origin}/validate?sample=own${hash}`);
    open.open();
  };
  return (
    <>
      <Button
        variant="default"
        data-do="share"
        leftSection={<IconShare3 size={14} />}
        disabled={text.trim() === ""}
        onClick={() => void share()}
      >
        {t("share")}
      </Button>
      <Dialog
        opened={opened}
        onClose={open.close}
        title={t("share")}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        {link === null ? (
          <p>{t("share.long")}</p>
        ) : (
          <>
            <p>{t("share.say")}</p>
            <TextInput readOnly label={t("share.link")} value={link ?? ""} data-link />
            <CopyButton value={link ?? ""}>
              {({ copied, copy }) => (
                <Button mt="sm" onClick={copy}>
                  {copied ? u("copied") : u("copy")}
                </Button>
              )}
            </CopyButton>
          </>
        )}
      </Dialog>
    </>
  );
}
