import { table } from "@ecp/ui/texts/texts";

export const useT = table("bars", {
  en: {
    waiting: "Waits for its turn",
    working: "Coming up",
    late: "Not up yet",
    ready: "Ready",
    scheduling: "Waits for a node",
    pulling: "Pulls its image",
    starting: "Starts (and pulls, where that is not told)",
    probing: "Loads, until its probe passes",
    critical: "Decides the end",
    expected: "Expected end",
  },
  ko: {
    waiting: "차례 대기",
    working: "기동 중",
    late: "아직 기동 안 됨",
    ready: "준비됨",
    scheduling: "노드 배정 대기",
    pulling: "이미지 내려받기",
    starting: "시작(내려받기 시각을 모르면 포함)",
    probing: "로딩, 프로브 통과까지",
    critical: "전체 시간을 결정",
    expected: "예상 종료",
  },
});
