import { createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef3ff",
  "#dce4f8",
  "#b9c8ef",
  "#93a9e6",
  "#738fde",
  "#5f7eda",
  "#4a6cd4",
  "#3f5fc2",
  "#3654ae",
  "#2a4799",
]; // prettier-ignore

/** Greys of the dark theme with a little blue, as everything else of it has. */
const dark: MantineColorsTuple = [
  "#e2e7ec",
  "#bcc5ce",
  "#98a3ae",
  "#75808b",
  "#353c44",
  "#272d34",
  "#1f242a",
  "#171a1f",
  "#101316",
  "#0b0d10",
]; // prettier-ignore

export const theme = createTheme({
  respectReducedMotion: true,
  primaryColor: "ink",
  colors: { ink, dark },
  fontFamily:
    '"Pretendard Variable", Pretendard, -apple-system, system-ui, "Noto Sans CJK KR", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono CJK KR", "Pretendard Variable", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "19px" },
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "1.35" },
      h2: { fontSize: "14px", lineHeight: "1.4" },
    },
  },
  defaultRadius: 6,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
  },
});
