import { table } from "@ecp/ui/texts/texts";

/** What differs between manifests, or between one and a cluster. */
export const useT = table("changes", {
  en: {
    refused: "A deploy of this manifest would be refused: it would not run.",
    "refused.at": "Mend it at {{object}}",
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
    refused: "이 매니페스트는 실행될 수 없어 배포해도 거부됩니다.",
    "refused.at": "수정할 위치: {{object}}",
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
