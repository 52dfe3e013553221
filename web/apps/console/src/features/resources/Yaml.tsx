/** An object's YAML: coloured, copied with one press. */

import { Empty } from "@ecp/ui/layout/Empty";
import { useUi } from "@ecp/ui/texts/texts";
import { Button, CopyButton } from "@mantine/core";
import { useMemo } from "react";
import { pieces } from "./colouring";
import classes from "./resources.module.css";
import { useT } from "./words";

export function Yaml({ text, secret }: { text: string | null; secret: boolean }) {
  const t = useT();
  const u = useUi();
  const lines = useMemo(() => (text ?? "").split("\n").map(pieces), [text]);
  if (text === null) return <Empty say={t("yaml.none")} />;
  return (
    <>
      <div className={classes.tools}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? u("copied") : u("copy")}
            </Button>
          )}
        </CopyButton>
        {secret && <span className="dim">{t("yaml.hidden")}</span>}
      </div>
      <pre className={classes.yaml} tabIndex={0} role="region" aria-label={t("yaml")} data-yaml>
        {lines.map((line, index) => (
          <span key={index}>
            {line.map(([sort, words], at) => (
              <i key={at} data-sort={sort}>
                {words}
              </i>
            ))}
            {"\n"}
          </span>
        ))}
      </pre>
    </>
  );
}
