/** The catalogue: what can go wrong, by class; each opens its form. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Source } from "@ecp/ui/layout/Source";
import { secondsOf } from "@ecp/ui/time/spell";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import classes from "./failures.module.css";
import { classesOf, matching } from "./matching";
import type { Kind } from "./types";
import { type Key, useT } from "./words";

export function Catalogue({
  kinds,
  find,
  only,
  onFind,
  onOnly,
  onOpen,
}: {
  kinds: readonly Kind[];
  find: string;
  only: string;
  onFind: (text: string) => void;
  onOnly: (name: string) => void;
  onOpen: (name: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const shown = matching(kinds, find, only, f.language);
  return (
    <>
      <div className={classes.bar}>
        <TextInput
          size="xs"
          data-filter
          aria-label={t("search")}
          placeholder={t("search")}
          leftSection={<IconSearch size={14} />}
          value={find}
          onChange={(change) => onFind(change.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          aria-label={t("class")}
          value={only}
          onChange={(change) => onOnly(change.currentTarget.value)}
          data={[
            { value: "", label: t("all") },
            ...classesOf(kinds).map((value) => ({ value, label: t(`class.${value}` as Key) })),
          ]}
        />
      </div>
      {shown.length === 0 && <Empty say={t("nothing")} />}
      {classesOf(shown).map((name) => (
        <section key={name} className={classes.class}>
          <h2>{t(`class.${name}` as Key)}</h2>
          <div className={classes.cards}>
            {shown
              .filter((kind) => kind.class === name)
              .map((kind) => (
                <button
                  key={kind.name}
                  type="button"
                  className={classes.card}
                  data-kind={kind.name}
                  onClick={() => onOpen(kind.name)}
                >
                  <b>{kind.title[f.language]}</b>
                  <span className={classes.because}>{kind.because[f.language]}</span>
                  <span className={classes.meta}>
                    <span>{t(`on.${kind.target}` as Key)}</span>
                    <span>
                      {kind.duration ? f.duration(secondsOf(kind.duration)) : t("lasts.once")}
                    </span>
                    <span className="mono">{kind.name}</span>
                  </span>
                </button>
              ))}
          </div>
        </section>
      ))}
    </>
  );
}

/** What it does, what it touches, its bounds, what shall be seen, and where that is from. */
export function About({ kind }: { kind: Kind }) {
  const t = useT();
  const f = useFormat();
  return (
    <dl className={classes.about}>
      <dt>{t("about")}</dt>
      <dd>{kind.because[f.language]}</dd>
      <dt>{t("touches")}</dt>
      <dd>
        {t(`on.${kind.target}` as Key)} · {t(`mode.${kind.mode}` as Key)}
      </dd>
      <dt>{t("lasts")}</dt>
      <dd>{kind.duration ? f.duration(secondsOf(kind.duration)) : t("lasts.once")}</dd>
      {Object.keys(kind.inputs).length > 0 && (
        <>
          <dt>{t("bounds")}</dt>
          <dd className="mono">
            {Object.entries(kind.inputs).map(([name, one]) => (
              <div key={name}>
                {name}: {bounds(one.least, one.most, one.among, one.type)}, {String(one.default)}
              </div>
            ))}
          </dd>
        </>
      )}
      <dt>{t("expected")}</dt>
      <dd>
        {kind.expect.map((one) => (
          <div key={one.observe}>
            {one.text[f.language]}, {t("within", { within: f.duration(secondsOf(one.within)) })}
          </div>
        ))}
      </dd>
      <dt>{t("object")}</dt>
      <dd className="mono">{[kind.chaos.kind, kind.chaos.action].filter(Boolean).join(" · ")}</dd>
      <dt>{t("source")}</dt>
      <dd>
        <Source of={kind.source[f.language] ?? ""} />
      </dd>
    </dl>
  );
}

function bounds(
  least: number | null,
  most: number | null,
  among: readonly string[],
  type: string,
): string {
  if (among.length) return among.join(" | ");
  return least !== null && most !== null ? `${least}…${most}` : type;
}
