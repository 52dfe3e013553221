import { table } from "@ecp/ui/texts/texts";

/** What differs between manifests, or between one and a cluster. */
export const useT = table("changes", {
  en: {
    "count.refused": "{{count}} refused",
    "count.create": "{{count}} new",
    "count.change": "{{count}} changed",
    "count.remove": "{{count}} removed",
    "count.none": "{{count}} unchanged",
    "action.refused": "Refused",
    "action.create": "New",
    "action.change": "Changed",
    "action.remove": "Removed",
    "action.none": "Unchanged",
  },
  ko: {
    "count.refused": "거부 {{count}}개",
    "count.create": "추가 {{count}}개",
    "count.change": "변경 {{count}}개",
    "count.remove": "삭제 {{count}}개",
    "count.none": "그대로 {{count}}개",
    "action.refused": "거부",
    "action.create": "추가",
    "action.change": "변경",
    "action.remove": "삭제",
    "action.none": "그대로",
  },
});
