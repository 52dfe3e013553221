import { table } from "@ecp/ui/texts/texts";

export const useT = table("validate", {
  en: {
    strict: "Strict: unknown fields are errors",
    samples: "Samples",
    "sample.demo": "The demo's, to mend",
    "sample.bad": "With mistakes",
    "sample.good": "Without",
    "sample.own": "My own",
    own: "Write, paste or drop a manifest here: it is judged as you write, and kept in this tab.",
    manifest: "Manifest",
    reset: "Reset sample",
    file: "Open file",
    "file.say": "manifest.yaml: a file with this text",
    "file.large": "{{name}} is larger than 2 MB: use the command line for it.",
    share: "Share",
    "share.say":
      "The text is in the link itself, after the #: it is sent to no server. Whoever has the link can read it.",
    "share.long": "This text is too long for a link. Send the file instead.",
    "share.link": "Link",
    next: "Next: deploy it",
    "next.demo":
      "Every mistake is mended. Deploy it to the demo's tenant {{tenant}} and see it come up.",
    "next.own":
      "Nothing stands in the way. Deploy it to a tenant from a shell, or make a tenant here.",
    "next.new": "New tenant",
    deploy: "Deploy to {{tenant}}",
  },
  ko: {
    strict: "엄격하게(모르는 필드는 오류)",
    samples: "예제",
    "sample.demo": "데모 수리 대상",
    "sample.bad": "오류 있는 예제",
    "sample.good": "정상 예제",
    "sample.own": "내 매니페스트",
    own: "매니페스트를 입력하거나 붙여 넣거나 파일을 끌어 놓으세요. 입력하는 동안 검증하고, 내용은 이 탭에 보관합니다.",
    manifest: "매니페스트",
    reset: "예제 되돌리기",
    file: "파일 열기",
    "file.say": "manifest.yaml: 이 내용을 저장한 파일",
    "file.large": "{{name}} 파일이 2 MB보다 큽니다. 명령줄에서 검증하세요.",
    share: "공유",
    "share.say":
      "내용은 링크의 # 뒤에 들어 있으며 서버로 전송되지 않습니다. 링크를 가진 사람은 내용을 볼 수 있습니다.",
    "share.long": "링크에 담기에는 내용이 너무 깁니다. 파일로 전달하세요.",
    "share.link": "링크",
    next: "다음: 배포",
    "next.demo":
      "오류를 모두 고쳤습니다. 데모 테넌트 {{tenant}}에 배포하고 기동되는 모습을 확인하세요.",
    "next.own": "배포를 막는 문제가 없습니다. 셸에서 테넌트에 배포하거나 여기서 테넌트를 만드세요.",
    "next.new": "새 테넌트",
    deploy: "{{tenant}}에 배포",
  },
});
