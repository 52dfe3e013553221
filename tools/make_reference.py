"""Writes docs/reference from the tables that the program itself reads.

`make_reference.py` writes every page in English and Korean; `--check` writes nothing and fails
when a page is not what would be written. A test runs the check, so that no page can go stale.
"""

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from ecp.cli.usage import EXAMPLES
from ecp.edge.services import SERVICES, TABLE
from ecp.kube import durations
from ecp.kube.kinds import KINDS, OTHER_VERSIONS, VERBS, Kind
from ecp.kube.openapi import ASKED
from ecp.sim.faults.background import shipped_rates
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.effects import EFFECTS, Asked, Blow
from ecp.texts import text
from ecp.validation.report import severity_word
from ecp.validation.rules import Example, Rule, examples, rules

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
HEAD = "<!-- generated, do not edit: .venv/bin/python tools/make_reference.py -->"
Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")


class Said(NamedTuple):
    """One thing said in both languages."""

    en: str
    ko: str


class Setting(NamedTuple):
    """An environment variable; a default in both languages where it is a sentence."""

    name: str
    default: Said
    what: Said


def _same(word: str) -> Said:
    return Said(word, word)


# The ports come from SERVICES; these are the others. A test finds every ECP_… in the sources here.
SETTINGS = (
    Setting(
        "ECP_DATA_DIR",
        Said(
            "`$XDG_DATA_HOME/ecp`, else `~/.local/share/ecp`",
            "`$XDG_DATA_HOME/ecp`, 없으면 `~/.local/share/ecp`",
        ),
        Said("folder of journals and snapshots", "저널과 스냅샷을 두는 폴더"),
    ),
    Setting(
        "ECP_HOST",
        _same("`127.0.0.1`"),
        Said(
            "address to listen on; nobody is asked who they are, so mind who can reach it",
            "수신 주소. 인증이 없으므로 누가 접근할 수 있는지 주의하세요",
        ),
    ),
    Setting(
        "ECP_DEMO",
        Said("`start` with `ecp up`, else `use`", "`ecp up`에서는 `start`, 그 밖에는 `use`"),
        Said(
            "when the demo is made by itself: `start` (where its store is empty), `use` (at the "
            "first call with `X-Demo-Mode: true`), `off` (by `ecp demo make` only)",
            "데모를 자동으로 만드는 시점: `start`(데모 저장소가 비어 있으면 기동 직후), "
            "`use`(`X-Demo-Mode: true` 첫 호출 시), `off`(`ecp demo make`로만)",
        ),
    ),
    Setting(
        "ECP_AUTHORIZATION_MODE",
        _same("`AlwaysAllow`"),
        Said(
            "`RBAC`: new clusters that do not say otherwise ask who calls their Kubernetes API, "
            "and let roles decide; the token `admin` is the administrator's",
            "`RBAC`: 따로 지정하지 않은 새 클러스터의 쿠버네티스 API에서 호출자를 확인하고 "
            "역할(RBAC)에 따라 허용 여부를 결정. 관리자 토큰은 `admin`",
        ),
    ),
    Setting(
        "ECP_SIMULATOR_URL",
        Said("the simulator's local port", "로컬 시뮬레이터 포트"),
        Said(
            "where the command line finds the simulator; also what `ecp kubeconfig` writes",
            "명령줄이 시뮬레이터를 찾는 주소. `ecp kubeconfig`에도 이 주소가 쓰입니다",
        ),
    ),
    Setting(
        "ECP_LANG",
        Said(
            "`LC_ALL`, `LC_MESSAGES`, `LANG`, else `en`",
            "`LC_ALL`, `LC_MESSAGES`, `LANG` 순서, 없으면 `en`",
        ),
        Said("language of the command line: `ko` or `en`", "명령줄 언어: `ko` 또는 `en`"),
    ),
    Setting(
        "ECP_LOG",
        Said("silent unless something is wrong", "문제가 없으면 출력하지 않음"),
        Said(
            "`json`: both services write a line of JSON for each request and event to stdout, as "
            "in containers and in the full profile",
            "`json`: 두 서비스가 요청과 이벤트마다 JSON 한 줄을 stdout에 출력. "
            "컨테이너와 full 프로필의 방식",
        ),
    ),
    Setting(
        "ECP_POSTGRES_PASSWORD",
        Said(
            "full profile: made once and kept; compose: `ecp`",
            "full 프로필은 한 번 만들어 보관, compose는 `ecp`",
        ),
        Said(
            "password of the databases that the full profile and compose make",
            "full 프로필과 compose가 만드는 데이터베이스의 비밀번호",
        ),
    ),
    Setting(
        "ECP_DEBUG",
        Said("off", "꺼짐"),
        Said(
            "`1`: an unexpected error shows where it happened",
            "`1`: 예상하지 못한 오류가 발생한 위치를 출력",
        ),
    ),
    Setting(
        "ECP_ORCHESTRATOR_URL",
        Said("the orchestrator's local port", "로컬 오케스트레이터 포트"),
        Said(
            "where the command line finds the orchestrator",
            "명령줄이 오케스트레이터를 찾는 주소",
        ),
    ),
    Setting(
        "ECP_DASHBOARD_URL",
        Said("the local port of the dashboard", "로컬 대시보드 포트"),
        Said("address of the dashboard in answers", "응답에 쓰이는 대시보드 주소"),
    ),
    Setting(
        "K8S_SIMULATOR_URL",
        Said("the simulator's local port", "로컬 시뮬레이터 포트"),
        Said(
            "where the orchestrator looks for the simulator first; goes before the stored setting "
            "`deploymentEndpoint`",
            "오케스트레이터가 먼저 시도하는 시뮬레이터 주소. "
            "저장된 `deploymentEndpoint` 설정보다 우선합니다",
        ),
    ),
    Setting(
        "K8S_SIMULATOR_EXTERNAL_URL",
        Said("the simulator's local port", "로컬 시뮬레이터 포트"),
        Said(
            "where it looks when the first does not answer",
            "첫 주소가 응답하지 않을 때 시도하는 주소",
        ),
    ),
    Setting(
        "K8S_SIMULATOR_REDIS_URL",
        Said("none", "없음"),
        Said(
            "a Redis (`redis://…`): the simulator writes closed minutes to it, the orchestrator "
            "reads them from; needs the extra `redis`",
            "시뮬레이터가 마감된 분 기록을 쓰고 오케스트레이터가 읽는 Redis(`redis://…`). "
            "추가 패키지 `redis` 필요",
        ),
    ),
    Setting(
        "K8S_SIMULATOR_WS_URL",
        Said("none: minutes are asked for by REST", "없음: 분 기록을 REST로 조회"),
        Said(
            "the simulator's address as `ws://…`: the orchestrator hears closed minutes there; "
            "a Redis goes before it",
            "시뮬레이터의 `ws://…` 주소. 오케스트레이터가 마감된 분 기록을 받는 곳. "
            "Redis가 지정되면 Redis가 우선",
        ),
    ),
    Setting(
        "ECP_MAIL_URL",
        Said("none", "없음"),
        Said(
            "the server that sends alerts by mail, as Apprise writes it: "
            "`mailtos://USER:PASSWORD@smtp.example.com?from=ecp@example.com`",
            "알림 메일을 보낼 서버. Apprise 형식: "
            "`mailtos://USER:PASSWORD@smtp.example.com?from=ecp@example.com`",
        ),
    ),
    Setting(
        "ECP_CLUSTER",
        _same("`default`"),
        Said(
            "the simulated cluster to which the orchestrator deploys",
            "오케스트레이터가 배포할 시뮬레이션 클러스터",
        ),
    ),
    Setting(
        "ECP_DATABASE_URL",
        Said("SQLite in `ECP_DATA_DIR`", "`ECP_DATA_DIR`의 SQLite"),
        Said("database of the orchestrator", "오케스트레이터 데이터베이스"),
    ),
    Setting(
        "ECP_DEMO_DATABASE_URL",
        Said("SQLite in `ECP_DATA_DIR`", "`ECP_DATA_DIR`의 SQLite"),
        Said("its database for demonstrations", "오케스트레이터의 데모용 데이터베이스"),
    ),
    Setting(
        "ECP_SIMULATOR_DATABASE_URL",
        Said("files in `ECP_DATA_DIR`", "`ECP_DATA_DIR`의 파일"),
        Said(
            "a PostgreSQL database (`postgresql://…`) in which the simulator keeps its clusters, "
            "one simulator a database; needs the extra `postgresql`",
            "시뮬레이터가 클러스터를 저장할 PostgreSQL 데이터베이스(`postgresql://…`). "
            "데이터베이스 하나에 시뮬레이터 하나. 추가 패키지 `postgresql` 필요",
        ),
    ),
    Setting(
        "ECP_DEPLOYMENT_METHOD",
        _same("`k8s-simulator`"),
        Said(
            "`kubernetes`: releases of the production mode go to a real cluster; before the"
            " stored setting, as are the next four",
            "`kubernetes`: 운영 모드의 릴리스를 실제 클러스터에 적용. "
            "아래 네 항목처럼 저장된 설정보다 우선",
        ),
    ),
    Setting(
        "ECP_KUBECONFIG",
        _same("`KUBECONFIG`, `~/.kube/config`"),
        Said(
            "the kubeconfig of the real cluster",
            "실제 클러스터의 kubeconfig",
        ),
    ),
    Setting(
        "ECP_KUBE_CONTEXT",
        Said("the current one", "현재 컨텍스트"),
        Said(
            "its context; the name by which changes are confirmed",
            "kubeconfig의 컨텍스트. 변경을 확인할 때 적는 이름",
        ),
    ),
    Setting(
        "ECP_CLUSTER_URL",
        Said("none", "없음"),
        Said(
            "URL of the real cluster's API, in the place of a kubeconfig",
            "kubeconfig 대신 쓰는 실제 클러스터 API의 URL",
        ),
    ),
    Setting(
        "ECP_CLUSTER_READ_ONLY",
        _same("`yes`"),
        Said(
            "`no`: the real cluster may be changed",
            "`no`: 실제 클러스터 변경 허용",
        ),
    ),
    Setting(
        "ECP_SECRET_KEY",
        Said("`secret.key` of the data folder", "데이터 폴더의 `secret.key`"),
        Said(
            "key that kept secrets are sealed with, at least 32 characters; or "
            "`ECP_SECRET_KEY_FILE`, a file that holds it",
            "보관하는 비밀을 봉인하는 키(32자 이상). 또는 키가 든 파일 `ECP_SECRET_KEY_FILE`",
        ),
    ),
    Setting(
        "ECP_SECRET_KEY_OLD",
        Said("none", "없음"),
        Said(
            "the key before it, until `ecp db reseal` has run",
            "바꾸기 전의 키. `ecp db reseal`을 실행할 때까지 필요",
        ),
    ),
    Setting(
        "ECP_CLUSTER_TOKEN",
        Said("none", "없음"),
        Said(
            "token for ECP_CLUSTER_URL; or `ECP_CLUSTER_TOKEN_FILE`, a file that holds it",
            "ECP_CLUSTER_URL에 쓰는 토큰. 또는 토큰이 든 파일 `ECP_CLUSTER_TOKEN_FILE`",
        ),
    ),
    Setting(
        "ECP_CLUSTER_CA_FILE",
        Said("those of the machine", "시스템 인증 기관"),
        Said(
            "certificates (PEM) of the authority of ECP_CLUSTER_URL",
            "ECP_CLUSTER_URL 인증 기관의 인증서(PEM)",
        ),
    ),
    Setting(
        "ECP_DATABASE_UPGRADE",
        _same("`yes`"),
        Said(
            "`no`: a service does not change the tables of an older version by itself; it is not "
            "ready until `ecp db upgrade` was called",
            "`no`: 이전 버전의 테이블을 서비스가 스스로 바꾸지 않습니다. "
            "`ecp db upgrade`를 실행하기 전에는 준비 상태가 되지 않습니다",
        ),
    ),
    Setting(
        "ECP_LIFELINE",
        Said("given by `ecp up`", "`ecp up`이 지정"),
        Said(
            "file descriptor whose end tells a service to stop; not to be set by hand",
            "닫히면 서비스가 멈추는 파일 디스크립터. 직접 설정하지 않습니다",
        ),
    ),
    Setting(
        "ECP_SOCKETS",
        Said("given by `ecp up`", "`ecp up`이 지정"),
        Said(
            "file descriptors on which a service listens; not to be set by hand",
            "서비스가 수신할 파일 디스크립터. 직접 설정하지 않습니다",
        ),
    ),
)

EXIT_CODES = (
    ("0", Said("done; a rehearsal passed", "정상. 리허설 통과")),
    ("1", Said("an error; the message says which", "오류. 메시지에 원인이 있습니다")),
    ("2", Said("wrong usage, or a value that cannot be", "사용법 또는 값 오류")),
    ("3", Said("the manifests are not valid", "매니페스트 검증 실패")),
    ("4", Said("not found", "대상 없음")),
    ("5", Said("conflict: it exists, or runs already", "충돌: 이미 있거나 실행 중")),
    ("6", Said("start-up not confirmed, or the SLA missed", "기동 미확인 또는 SLA 미달")),
    ("7", Said("a service does not answer", "서비스 응답 없음")),
    ("130", Said("interrupted", "사용자 중단")),
)


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _lasting(row: FaultRow, language: Language) -> str:
    effect = EFFECTS[row.effect]
    if isinstance(effect, Blow) or (isinstance(effect, Asked) and not effect.lasts):
        return {"en": "an instant", "ko": "순간"}[language]
    if row.duration is None:
        return {"en": "to the end, unless said", "ko": "지정하지 않으면 끝까지"}[language]
    return durations.spell(row.duration)


# --- pages -----------------------------------------------------------------------------------


def rules_page(language: Language) -> str:
    """Every validation rule: what it is called and means, what to do, how it fails and passes."""
    said = {
        "en": (
            "# Validation rules",
            "`E…`: the API server refuses the object. `B…`: it is accepted and will not work. "
            "`W…`: practice. Ids are stable. How to read a finding: "
            "[validation](../guides/validation.md).",
            ("id", "severity", "name", "what it says", "remedy"),
            "## Causes and examples",
            "A line with `-` breaks the rule; with those of `+` in its place the manifest passes. "
            "The tests judge every one. On a terminal: `ecp rules explain E0201`.",
            "Applied over:",
        ),
        "ko": (
            "# 검증 규칙",
            "`E…`: API 서버가 거부합니다. `B…`: 받아들여지지만 동작하지 않습니다. "
            "`W…`: 권장 사항입니다. 규칙 ID는 바뀌지 않습니다. 결과 읽는 법: "
            "[검증](../guides/validation.ko.md).",
            ("ID", "심각도", "이름", "내용", "해결"),
            "## 원인과 예",
            "`-` 줄이 규칙을 어기며, `+` 줄로 바꾸면 통과합니다. 모든 예는 테스트가 판정합니다. "
            "터미널에서는 `ecp rules explain E0201`로 볼 수 있습니다.",
            "이미 있는 오브젝트:",
        ),
    }[language]
    rows = [
        (
            f"`{rule.id}`",
            severity_word(rule.severity, language),
            rule.name,
            rule.title[language],
            rule.remedy[language],
        )
        for rule in rules().values()
    ]
    parts = [said[0], said[1], _table(said[2], rows), said[3], said[4]]
    for rule in rules().values():
        parts += _explained(rule, language)
        for example in examples().get(rule.id, ()):
            parts += _example(example, said[5], language)
    return "\n\n".join(parts) + "\n"


def _explained(rule: Rule, language: Language) -> list[str]:
    """What a rule says, why it is so, what to do and where to read on."""
    links = ", ".join(
        f"[{name}]({link})" for name, link in zip(rule.docs, rule.links(language), strict=True)
    )
    told = (("cause", rule.cause[language]), ("remedy", rule.remedy[language]), ("docs", links))
    listed = "\n".join(f"- {text(f'rules.{key}', language)}: {said}" for key, said in told)
    return [f"### `{rule.id}` {rule.name}", rule.title[language], listed]


def _example(example: Example, over: str, language: Language) -> list[str]:
    """One manifest with what is wrong in it and what to write instead."""
    parts = [text(key, language, **values) for key, values in example.notes()]
    if example.against:
        parts += [over, f"```yaml\n{example.against.rstrip()}\n```"]
    fails, passes = example.fail.splitlines(), example.passing.splitlines()
    lines = list(difflib.unified_diff(fails, passes, n=len(fails), lineterm=""))[3:]
    if not lines:
        return [*parts, f"```yaml\n{example.fail.rstrip()}\n```"]
    return [*parts, "```diff\n" + "\n".join(line.rstrip() for line in lines) + "\n```"]


def kinds_page(language: Language) -> str:
    """Every kind that the simulated cluster serves."""
    said = {
        "en": (
            "# Kinds",
            "What the façade serves: storage, watch, tables and discovery come with each row. "
            "Custom kinds join by their CustomResourceDefinition; ServiceMonitor is always there. "
            "What each of them does: [kubectl](../guides/kubectl.md), and how far it goes with a "
            "real cluster: [fidelity](fidelity.md). Verbs are all eight unless named.\n\n"
            "*acts*: the cluster does what a real one does with it. *kept*: stored, judged and "
            "read back, and nothing acts on it. *warned*: kept, with a `Warning` header, since a "
            "real server would act on it. *refused*: not created, with the reason.\n\n"
            "Of the subresources, `exec`, `attach`, `portforward` and `proxy` are refused in the "
            "words of a server that does not reach the kubelet.",
            (
                "kind",
                "apiVersion",
                "resource",
                "short",
                "namespaced",
                "effect",
                "subresources",
                "verbs",
            ),
            ("yes", "no"),
            {"acts": "acts", "kept": "kept", "warned": "warned", "refused": "refused"},
        ),
        "ko": (
            "# 리소스 종류",
            "API로 제공하는 종류입니다. 각 종류마다 저장, watch, 표 출력, discovery가 함께 "
            "제공됩니다. 사용자 정의 종류는 CustomResourceDefinition으로 추가되며 ServiceMonitor는 "
            "항상 있습니다. 종류별 동작: [kubectl](../guides/kubectl.ko.md), 실제 클러스터와의 "
            "차이: [충실도](fidelity.ko.md). 동사를 따로 적지 않은 종류는 여덟 가지를 모두 "
            "지원합니다.\n\n"
            "*동작*: 실제 클러스터와 같이 처리합니다. *보관*: 저장하고 검증하고 그대로 돌려주며, "
            "이를 처리하는 컨트롤러는 없습니다. *경고*: 보관하지만 실제 서버라면 효과가 있으므로 "
            "`Warning` 헤더로 알립니다. *거부*: 이유를 밝히고 생성하지 않습니다.\n\n"
            "하위 리소스 가운데 `exec`, `attach`, `portforward`, `proxy`는 kubelet에 연결하지 "
            "못하는 서버의 오류로 거부합니다.",
            ("종류", "apiVersion", "리소스", "약칭", "네임스페이스", "효과", "하위 리소스", "동사"),
            ("있음", "없음"),
            {"acts": "동작", "kept": "보관", "warned": "경고", "refused": "거부"},
        ),
    }[language]
    rows = [
        (
            kind.kind,
            f"`{kind.api_version}`",
            f"`{kind.plural}`",
            _code(kind.short),
            said[3][0] if kind.namespaced else said[3][1],
            said[4][kind.effect],
            _code(kind.subresources),
            "" if kind.verbs == VERBS else ", ".join(kind.verbs),
        )
        for kind in (*KINDS, *OTHER_VERSIONS)
    ]
    return f"{said[0]}\n\n{said[1]}\n\n{_table(said[2], rows)}\n"


def fidelity() -> dict[str, Any]:
    """Return `parts`, `rows` and `subresources` of fidelity.yaml, whose head says what they are."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "tools/fidelity.yaml").read_text("utf-8"))
    return read


def fidelity_page(language: Language) -> str:
    """What each kind, part, subresource and verb is: faithful, simplified, kept or refused."""
    said = {
        "en": (
            "# Fidelity",
            "How far the simulated cluster goes with a real Kubernetes 1.36, by kind, part, "
            "subresource and verb.\n\n"
            "*faithful*: as a real one, and nothing else is known. *simplified*: done in another "
            "way; the error is what a reader would get wrong by it. *kept*: stored, judged and "
            "read back, and nothing acts on it. *refused*: answered with an error and its reason.",
            {"faithful": "faithful", "simplified": "simplified", "kept": "kept",
             "refused": "refused"},
            ("", "", "how", "error", "where"),
            ("## Kinds", "## Parts"),
            "## Subresources",
            "A method that is not named is answered by 405, a subresource that a kind does not "
            "have by 404.",
            ("subresource", "kinds", "methods", "", "how"),
            "## Verbs",
            "Every kind has all eight verbs but these, whose other verbs are answered by 405, as "
            "by a real server.",
            ("kind", "has", "405"),
        ),
        "ko": (
            "# 충실도",
            "시뮬레이션 클러스터가 실제 Kubernetes 1.36과 얼마나 같은지 종류, 구성 요소, 하위 "
            "리소스, 동사별로 적었습니다.\n\n"
            "*동일*: 실제와 같으며 알려진 차이가 없습니다. *단순화*: 다른 방식으로 처리하며, "
            "오차는 그 때문에 잘못 판단할 수 있는 내용입니다. *보관*: 저장하고 검증하고 그대로 "
            "돌려주며, 이를 처리하는 컨트롤러는 없습니다. *거부*: 이유를 밝힌 오류로 답합니다.",
            {"faithful": "동일", "simplified": "단순화", "kept": "보관", "refused": "거부"},
            ("", "", "방식", "오차", "위치"),
            ("## 종류", "## 구성 요소"),
            "## 하위 리소스",
            "적지 않은 메서드는 405, 종류에 없는 하위 리소스는 404로 답합니다.",
            ("하위 리소스", "종류", "메서드", "", "방식"),
            "## 동사",
            "다음을 제외한 모든 종류가 여덟 가지 동사를 지원합니다. 나머지 동사는 실제 서버와 같이 "
            "405로 답합니다.",
            ("종류", "지원", "405"),
        ),
    }[language]  # fmt: skip
    read = fidelity()
    rows = [(row, _line(row, read["parts"], said[2], language)) for row in read["rows"]]
    kinds = [line for row, line in rows if isinstance(row["of"], list)]
    parts = [line for row, line in rows if not isinstance(row["of"], list)]
    below = [
        (
            f"`{row['name']}`",
            ", ".join(kind.kind for kind in KINDS if row["name"] in kind.subresources),
            ", ".join(row["methods"]),
            f"*{said[2][row['what']]}*",
            row["how"][language],
        )
        for row in read["subresources"]
    ]
    fewer = [kind for kind in (*KINDS, *ASKED) if kind.verbs != VERBS]
    verbs = [(kind.kind, ", ".join(kind.verbs), ", ".join(lacking_verbs(kind))) for kind in fewer]
    blocks = (
        *(said[0], said[1], said[4][0], _table(said[3], kinds), said[4][1]),
        *(_table(said[3], parts), said[5], said[6], _table(said[7], below)),
        *(said[8], said[9], _table(said[10], verbs)),
    )
    return "\n\n".join(blocks) + "\n"


def lacking_verbs(kind: Kind) -> list[str]:
    """Return the verbs that *kind* does not have."""
    return [verb for verb in VERBS if verb not in kind.verbs]


def _line(
    row: Mapping[str, Any],
    parts: Mapping[str, Mapping[str, str]],
    words: Mapping[str, str],
    language: Language,
) -> tuple[str, ...]:
    """Return one row of fidelity.yaml as cells."""
    named = row["of"]
    name = ", ".join(named) if isinstance(named, list) else parts[named][language]
    if "about" in row:
        name = f"{name}: {row['about'][language]}"
    error = row["error"][language] if "error" in row else "—"
    return name, f"*{words[row['what']]}*", row["how"][language], error, f"`{row['source']}`"


def streams() -> dict[str, Any]:
    """Return `words` and `streams` of streams.yaml, whose head says what they are."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "tools/streams.yaml").read_text("utf-8"))
    return read


def streams_page(language: Language) -> str:
    """Every stream of both services: how it is read, what is sent, what may be said."""
    said = {
        "en": (
            "# Streams",
            "WebSockets and server-sent events, of which [OpenAPI](api.md) has no words. Every "
            "message is JSON; `v` is the version of its form. A sequence only grows: who comes "
            "back says the last one seen, and a gap is told, never passed over. The demo is "
            "chosen by `X-Demo-Mode` or `?demo=true`, the language by `Accept-Language`.",
            ("topic", "sequence", "resume", "ends"),
            ("message", "keys", "when"),
            ("said by the reader", "answer"),
        ),
        "ko": (
            "# 스트림",
            "[OpenAPI](api.ko.md)로 나타낼 수 없는 WebSocket과 서버 전송 이벤트(SSE)입니다. 모든 "
            "메시지는 JSON이며 `v`는 형식의 버전입니다. sequence는 늘어나기만 합니다. 다시 접속할 "
            "때 마지막으로 받은 값을 보내면 이어서 받고, 빈 구간은 반드시 알립니다. 데모는 "
            "`X-Demo-Mode` 또는 `?demo=true`, 언어는 `Accept-Language`로 고릅니다.",
            ("토픽", "sequence", "이어 받기", "종료"),
            ("메시지", "키", "시점"),
            ("보낼 수 있는 메시지", "응답"),
        ),
    }
    title, intro, facts, sent, taken = said[language]
    table = streams()

    def words(given: Any) -> str:
        return str((table["words"][given] if isinstance(given, str) else given)[language])

    parts = [title, intro]
    for service in ("orchestrator", "simulator"):
        parts.append(f"## {service}")
        for row in table["streams"]:
            if row["service"] != service:
                continue
            way = {"websocket": "WebSocket", "sse": "SSE"}[row["by"]]
            parts.append(f"### {way} {', '.join(f'`{path}`' for path in row['paths'])}")
            cells = (f"`{row['topic']}`", *(words(row[k]) for k in ("sequence", "resume", "ends")))
            parts.append(_table(facts, [cells]))
            messages = row["sent"].items()
            parts.append(
                _table(sent, [(n, _code(one["keys"]), words(one["when"])) for n, one in messages])
            )
            if row["taken"]:
                asks = [(f"`{say}`", words(answer)) for say, answer in row["taken"].items()]
                parts.append(_table(taken, asks))
    return "\n\n".join(parts) + "\n"


def faults_page(language: Language) -> str:
    """Every fault of the catalogue, with its proof and its source."""
    said = {
        "en": (
            "# Faults",
            "Written `name[:target][,key=value…]@when[+duration]`, as in `node_down:cpu-1@2h+30m`. "
            "Without a target the seed chooses among those that run something of the bundle. "
            "A source that begins with `domain` is the contact-centre data sheets that ECP was "
            "given, one with `assumed` was measured by nobody. "
            "How to add one: [a fault](../guides/add-a-fault.md).",
            ("object", "target", "effect", "lasts", "parameters", "proof", "source"),
        ),
        "ko": (
            "# 장애",
            "`이름[:대상][,키=값…]@시점[+지속시간]` 형식으로 씁니다(예: `node_down:cpu-1@2h+30m`). "
            "대상을 생략하면 번들의 파드가 실행 중인 것 가운데서 시드에 따라 고릅니다. "
            "출처가 `domain`으로 시작하면 ECP에 제공된 컨택센터 기준 자료의 값이고, `assumed`로 "
            "시작하면 실측값이 아닙니다. "
            "추가하는 법: [장애 추가](../guides/add-a-fault.ko.md).",
            ("오브젝트", "대상", "효과", "지속", "매개변수", "확인", "출처"),
        ),
    }[language]
    parts = [said[0], said[1]]
    for row in catalogue().values():
        parameters = ", ".join(
            f"`{key}={one.default}` ({one.bounds})".replace("|", "/")
            for key, one in row.takes.items()
        )
        effects = " + ".join(f"`{one}`" for one in (row.effect, row.between, row.ask) if one)
        proof = ", ".join(f"{e.observe} ≤ {durations.spell(e.within)}" for e in row.expect)
        cells = (
            f"{row.chaos.kind} {row.chaos.action}".strip(),
            f"{row.target} ({row.mode})",
            effects,
            _lasting(row, language),
            parameters or "—",
            proof or "—",
            row.source[language],
        )
        facts = _table(("", ""), list(zip(said[2], cells, strict=True)))
        parts.append(
            f"## `{row.name}`: {row.title[language]}\n\n{row.because[language].strip()}\n\n{facts}"
        )
    parts += _background(language)
    return "\n\n".join(parts) + "\n"


def _background(language: Language) -> list[str]:
    """How often faults come by themselves, and where that is from."""
    said = {
        "en": (
            "## Faults that come by themselves",
            "With `failure_scenarios: true` (deploy, or following a tenant) every subject fails by "
            "itself: time between failures and duration are exponential draws with these means. "
            "`failure_rates` sets others: "
            '`{"container-crash": {"mtbf": "7d"}, "cpu-spike": null}`; null: not this one.',
            ("rate", "fault", "of each", "mtbf", "mttr", "source of mtbf", "source of mttr"),
        ),
        "ko": (
            "## 저절로 일어나는 장애",
            "`failure_scenarios: true`(배포 또는 테넌트 추적)이면 대상마다 독립적으로 장애가 "
            "일어납니다. 장애 간격과 지속 시간은 아래 평균의 지수 분포에서 뽑습니다. "
            "`failure_rates`로 바꿀 수 있습니다: "
            '`{"container-crash": {"mtbf": "7d"}, "cpu-spike": null}`. null이면 일어나지 않습니다.',
            ("장애율", "장애", "대상", "mtbf", "mttr", "mtbf 출처", "mttr 출처"),
        ),
    }[language]
    rows = [
        (
            f"`{rate.name}`",
            f"`{rate.fault}`",
            rate.per,
            durations.spell(rate.mtbf),
            "—" if rate.mttr is None else durations.spell(rate.mttr),
            rate.said(language)["mtbf"],
            rate.said(language)["mttr"],
        )
        for rate in shipped_rates().values()
    ]
    return [said[0], said[1], _table(said[2], rows)]


def settings_page(language: Language) -> str:
    """Every environment variable and every port."""
    said = {
        "en": (
            "# Settings",
            "Environment variables; there is no settings file.",
            ("variable", "default", "what"),
            "port of: {}",
        ),
        "ko": (
            "# 설정",
            "환경 변수로 설정하며 설정 파일은 없습니다.",
            ("변수", "기본값", "설명"),
            "포트: {}",
        ),
    }[language]
    rows = [
        (
            f"`{part.listens.setting}`",
            f"`{part.listens.port}`",
            said[3].format(text(part.listens.text, language)),
        )
        for part in TABLE.values()
    ]
    rows += [
        (f"`{row.name}`", getattr(row.default, language), getattr(row.what, language))
        for row in SETTINGS
    ]
    return f"{said[0]}\n\n{said[1]}\n\n{_table(said[2], rows)}\n"


def images_page(language: Language) -> str:
    """Every image fact, with where it is from."""
    said = {
        "en": (
            "# Image facts",
            "What the simulator believes about images, file by file; the first row that matches "
            "wins. A cell without a value has that of the last row. How to change them: "
            "[an image profile](../guides/add-an-image-profile.md).",
            ("match", "MB", "starts in", "ports", "memory", "stops in", "source"),
        ),
        "ko": (
            "# 이미지 정보",
            "시뮬레이터가 이미지에 대해 알고 있는 값입니다. 처음 일치하는 행을 사용하며, 비어 있는 "
            "칸은 마지막 행의 값을 따릅니다. 바꾸는 법: "
            "[이미지 프로필 추가](../guides/add-an-image-profile.ko.md).",
            ("이미지", "MB", "시작", "포트", "메모리", "종료", "출처"),
        ),
    }[language]
    calls = {"en": ", or its last call", "ko": ", 또는 마지막 통화까지"}[language]
    rows = []
    for file in sorted((ROOT / "src/ecp/workloads/images").glob("*.yaml")):
        for row in yaml.safe_load(file.read_text("utf-8"))["images"]:
            ports = row.get("ports")
            rows.append(
                (
                    f"`{row['match']}`",
                    str(row.get("size_mb", "")),
                    str(row.get("start", "")),
                    "—" if ports == [] else ", ".join(map(str, ports or ())),
                    str(row.get("memory", "")),
                    str(row.get("stop", "")) + (calls if row.get("drains") else ""),
                    row["source"],
                )
            )
    return f"{said[0]}\n\n{said[1]}\n\n{_table(said[2], rows)}\n"


def cli_page(language: Language) -> str:
    """Every command with its arguments and options, as `--help` has them."""
    said = {
        "en": (
            "# Command line",
            "In a clone: `.venv/bin/ecp`.",
            "Exit codes",
            ("code", "means"),
        ),
        "ko": (
            "# 명령줄",
            "복제한 저장소에서는 `.venv/bin/ecp`로 실행합니다.",
            "종료 코드",
            ("코드", "뜻"),
        ),
    }[language]
    parts = [said[0], said[1]]
    for path, command in commands(language):
        parts.append(f"## `{path}`\n\n{(command.help or '').strip()}")
        rows = [_parameter(parameter) for parameter in command.params]
        if rows:
            head = {"en": ("", "default", "what"), "ko": ("", "기본값", "설명")}[language]
            parts.append(_table(head, rows))
        if path in EXAMPLES:
            parts.append("```\n" + "\n".join(EXAMPLES[path]) + "\n```")
    codes = [(f"`{code}`", getattr(means, language)) for code, means in EXIT_CODES]
    parts.append(f"## {said[2]}\n\n{_table(said[3], codes)}")
    return "\n\n".join(parts) + "\n"


def commands(language: Language) -> list[tuple[str, Any]]:
    """Return (path, click command) of every command, its texts in *language*."""
    import typer

    before = os.environ.get("ECP_LANG")
    os.environ["ECP_LANG"] = language
    # The command line chooses its texts when it is imported: it is, once more.
    kept = _without_command_line()
    try:
        whole = typer.main.get_command(importlib.import_module("ecp.cli.commands").app)
    finally:
        _without_command_line()
        sys.modules.update(kept)
        if before is None:
            del os.environ["ECP_LANG"]
        else:
            os.environ["ECP_LANG"] = before
    return list(_leaves("ecp", whole))


def _without_command_line() -> dict[str, Any]:
    """Take the command line's modules out of those that are imported; return them."""
    names = [name for name in sys.modules if name.partition(".cli")[0] == "ecp" and ".cli" in name]
    return {name: sys.modules.pop(name) for name in names}


def _leaves(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    below: Mapping[str, Any] | None = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, one in below.items():
        yield from _leaves(f"{path} {name}", one)


def _parameter(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper()
        shown = f"`{name}`" if parameter.required else f"`[{name}]`"
    else:
        shown = _code([*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    if (
        default is None
        or default is False
        or parameter.required
        or not isinstance(default, str | int | float)
    ):
        spoken = ""
    else:
        spoken = f"`{default}`"
    return shown, spoken, parameter.help or ""


def api_page(language: Language) -> str:
    """Every route of the services, from their OpenAPI documents."""
    from ecp.orchestrator import app as orchestrator
    from ecp.simulator import app as simulator

    said = {
        "en": (
            "# HTTP API",
            "Each service also describes itself at `/docs` and `/openapi.json`. An error is "
            "`application/problem+json` (see [0006](../decisions/0006-problem-json.md)); below "
            "`/clusters/{name}` it is a Kubernetes `Status`.",
            ("method", "path", "what"),
            "`/clusters/{name}/…` is a Kubernetes API: see [kubectl](../guides/kubectl.md).",
            "A tenant's live figures stream at `/api/v1/simulator/realtime/{tenant_id}` "
            "(WebSocket). `X-Demo-Mode: true` chooses the demo's own records and cluster. "
            "Everything else answers 404. The whole job: [tenants](../guides/tenants.md).",
        ),
        "ko": (
            "# HTTP API",
            "각 서비스는 `/docs`와 `/openapi.json`에서도 API를 설명합니다. 오류 본문은 "
            "`application/problem+json`이고([0006](../decisions/0006-problem-json.md)), "
            "`/clusters/{name}` 아래에서는 Kubernetes `Status`입니다.",
            ("메서드", "경로", "설명"),
            "`/clusters/{name}/…`는 Kubernetes API입니다. [kubectl](../guides/kubectl.ko.md) 참고.",
            "테넌트의 실시간 수치는 `/api/v1/simulator/realtime/{tenant_id}`(WebSocket)로 "
            "받습니다. `X-Demo-Mode: true`를 보내면 데모 전용 저장소와 클러스터를 씁니다. "
            "그 밖의 경로는 404로 답합니다. 전체 흐름: [테넌트](../guides/tenants.ko.md).",
        ),
    }[language]
    parts = [said[0], said[1]]
    apps = {"simulator": simulator.create_app(), "orchestrator": orchestrator.create_app()}
    for name, app in apps.items():
        service = next(row for row in SERVICES if row.name == name)
        rows = [
            (method.upper(), f"`{path}`", operation.get("description", "").split("\n\n")[0])
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
        ]
        parts.append(f"## {text(service.text, language)} (`:{service.port}`)")
        parts.append(_table(said[2], rows))
        parts.append(said[3] if name == "simulator" else said[4])
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[Language], str]] = {
    "rules": rules_page,
    "kinds": kinds_page,
    "fidelity": fidelity_page,
    "faults": faults_page,
    "settings": settings_page,
    "images": images_page,
    "cli": cli_page,
    "api": api_page,
    "streams": streams_page,
}


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {
        f"{name}{'' if language == 'en' else '.ko'}.md": f"{HEAD}\n{make(language)}"
        for name, make in PAGES.items()
        for language in LANGUAGES
    }


def main() -> int:
    """Write the pages, or compare them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--check", action="store_true", help="write nothing; fail on a stale page"
    )
    check = arguments.parse_args().check
    wanted = pages()
    there = {file.name for file in FOLDER.glob("*.md")}
    stale = [
        name
        for name, content in wanted.items()
        if name not in there or (FOLDER / name).read_text("utf-8") != content
    ]
    left = sorted(there - wanted.keys())
    if check:
        for name in [*stale, *left]:
            print(f"docs/reference/{name} is stale: run tools/make_reference.py", file=sys.stderr)
        return 1 if stale or left else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(wanted[name], "utf-8")
    for name in left:
        (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
