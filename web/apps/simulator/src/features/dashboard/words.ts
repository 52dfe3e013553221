/** Words of a tenant's dashboard beside those of the application. */
import { table } from "@ecp/ui/texts/texts";

export const useT = table("dashboard", {
  en: {
    replicas: "Replicas ready",
    "replicas.note": "of those that are wanted",
    failures: "{{count}} in 24 h, {{mean}} to recover on average",
    "failures.none": "none in 24 h",
    usage: "CPU and memory, % of limits",
    response: "Response time (p95), ms",
    "response.worst": "Worst of a step",
    load: "Requests, /s",
    errors: "Error rate, %",
    release: "Release {{name}}",
    since: "Figures since {{since}}, steps of {{step}}",
    spark: "Requests, last hour",
    "to.lab": "Failure lab",
    "to.timeline": "Timeline of the namespace",
    "to.traffic": "Traffic",
    ended: "The stream ended: this cluster was deleted or replaced. Choose another above.",
    simulated: "SIMULATED",
  },
  ko: {
    replicas: "준비된 레플리카",
    "replicas.note": "목표 대비",
    failures: "24시간 동안 {{count}}건, 평균 복구 {{mean}}",
    "failures.none": "24시간 동안 없음",
    usage: "CPU·메모리(제한 대비 %)",
    response: "응답 시간(p95), ms",
    "response.worst": "구간 최댓값",
    load: "요청, /초",
    errors: "오류율, %",
    release: "릴리스 {{name}}",
    since: "{{since}}부터의 값, {{step}} 간격",
    spark: "요청(최근 1시간)",
    "to.lab": "장애 실험",
    "to.timeline": "네임스페이스 타임라인",
    "to.traffic": "트래픽",
    ended:
      "스트림이 끝났습니다. 클러스터가 삭제되었거나 바뀌었습니다. 위에서 다른 클러스터를 고르세요.",
    simulated: "시뮬레이션",
  },
});
