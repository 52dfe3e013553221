/** How the editor looks in both themes, and its own words in Korean. */
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { colours } from "./colours";

const MONO = "var(--mantine-font-family-monospace)";
const LINE = "1px solid var(--ecp-line)";

/** Return the theme; *dark* also tells CodeMirror which of its own colours to use. */
export function look(dark: boolean): Extension {
  return [
    EditorView.theme(
      {
        "&": { height: "100%", fontSize: "12.5px", backgroundColor: "var(--ecp-surface)" },
        "&.cm-focused": {
          outline: "2px solid light-dark(#3f5fc2, #93a9e6)",
          outlineOffset: "-2px",
        },
        ".cm-scroller": { fontFamily: MONO, lineHeight: "1.55" },
        ".cm-gutters": {
          backgroundColor: "var(--ecp-ground)",
          color: "var(--ecp-dim)",
          border: "none",
        },
        ".cm-foldGutter": { minWidth: "13px" },
        ".cm-activeLine": { backgroundColor: dark ? "#ffffff0a" : "#0000000a" },
        ".cm-activeLineGutter": {
          backgroundColor: "transparent",
          color: "var(--mantine-color-text)",
        },
        ".cm-foldPlaceholder": {
          backgroundColor: "var(--ecp-ground)",
          border: LINE,
          color: "var(--ecp-dim)",
          padding: "0 6px",
        },
        ".cm-tooltip": {
          backgroundColor: "var(--ecp-surface)",
          color: "var(--mantine-color-text)",
          border: LINE,
          borderRadius: "6px",
          boxShadow: "0 6px 20px #00000033",
          fontFamily: "var(--mantine-font-family)",
          fontSize: "12.5px",
          maxWidth: "520px",
          zIndex: "200",
        },
        ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: MONO, maxHeight: "16em" },
        ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px 3px 6px" },
        ".cm-tooltip-autocomplete ul li[aria-selected]": {
          backgroundColor: dark ? "#2b3a63" : "#dce4f8",
          color: "var(--mantine-color-text)",
        },
        ".cm-completionDetail": {
          color: "var(--ecp-dim)",
          fontStyle: "normal",
          marginLeft: "1.2em",
        },
        ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
        ".cm-tooltip.cm-completionInfo": { padding: "8px 12px", whiteSpace: "pre-wrap" },
        ".cm-diagnostic": { padding: "6px 10px", whiteSpace: "pre-wrap", maxWidth: "500px" },
        ".cm-diagnosticAction": {
          backgroundColor: dark ? "#3654ae" : "#3f5fc2",
          color: "#ffffff",
          borderRadius: "4px",
          padding: "3px 9px",
          margin: "6px 8px 0 0",
          fontSize: "12px",
        },
        "&.ecp-stale .cm-lintRange": { opacity: "0.45" },
        "&.ecp-stale .cm-lint-marker": { opacity: "0.45", filter: "grayscale(1)" },
        ".cm-collapsedLines": {
          background: "var(--ecp-ground)",
          color: "var(--ecp-dim)",
          fontFamily: "var(--mantine-font-family)",
          // Its own sign is in none of our fonts.
          "&:before, &:after": { content: '"⋯"' },
        },
      },
      { dark },
    ),
    colours,
  ];
}

const KOREAN = {
  "Fold line": "접기",
  "Unfold line": "펼치기",
  "folded code": "접힌 부분",
  unfold: "펼치기",
  Completions: "제안",
  Diagnostics: "검출 항목",
  "No diagnostics": "검출 항목 없음",
  "$ unchanged lines": "같은 줄 $개",
  "Control character": "제어 문자",
};

/** Return the words that the editor says by itself, in a language that it does not know. */
export function phrases(language: string): Extension {
  return language === "ko" ? EditorState.phrases.of(KOREAN) : [];
}
