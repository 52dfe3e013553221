/** CodeMirror's comparison, read only. */
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { DiffProps } from "./Diff";
import { look, phrases } from "./look";

export default function Merge({
  before,
  after,
  labels,
  language,
}: DiffProps & { language: string }) {
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const [one, other] = labels;
  useEffect(() => {
    if (!place.current) return undefined;
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [
        lineNumbers(),
        look(scheme === "dark"),
        phrases(language),
        EditorState.readOnly.of(true),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      ],
    });
    const made = new MergeView({
      parent: place.current,
      a: side(before, one),
      b: side(after, other),
      gutter: true,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => made.destroy();
  }, [before, after, one, other, scheme, language]);
  return <div ref={place} data-diff />;
}
