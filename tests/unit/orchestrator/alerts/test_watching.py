"""From kept minutes to people: judged once, told once, by whoever holds the lease."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from ecp.kube.kinds import RESOURCEQUOTAS
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.notifying import Notifier
from ecp.orchestrator.alerts.watching import Watch
from ecp.orchestrator.alerts.wording import sentence
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import (
    Alert,
    AlertRoute,
    Clock,
    CustomRule,
    Delivery,
    Figure,
    Minute,
    Mode,
    Silence,
    Target,
    Telling,
    Tenant,
)
from ecp.orchestrator.releases.judging import in_both, in_words

from .receiving import Hook, Mail, serving

NINE = nanoseconds("2026-01-05T09:00:00Z")
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
REAL = {"speed": 1, "paused": False, "warping_to": None, "catching_up_to": None}
FAST = {**REAL, "speed": 60}
AT_FOUR, AT_SIX = "2026-01-05T09:04:00.000000Z", "2026-01-05T09:06:00.000000Z"


def minute(number: int, *, down: int = 0, cpu: int = 500, p95: int = 100) -> Minute:
    """A minute of a tenant as a ledger tells it; CPU in millicores of 1000."""
    slots = {"up": 12 - down, "down": down, "maintenance": 0, "unknown": 0, "off_duty": 0}
    whole = {
        "slots": slots,
        "runs": [["U", 12 - down], ["D", down]] if down else [["U", 12]],
        "counts_from": 0,
        "good": 0,
        "total": 0,
        "excess": 0,
        "causes": [["fault", "f7", 12 - down, 12]] if down else [],
        "latency": {"le_ms": [], "p95_ms": p95},
        "cpu_millicores": cpu,
        "cpu_limit_millicores": 1000,
    }
    at = rfc3339(NINE + (number - 1) * MINUTE)
    return Minute(number, at, {"sequence": number, "minute": at, "tenant": whole})


class Simulator:
    """Says why, and that no more minutes are there; or does not answer."""

    def __init__(self) -> None:
        self.away = False
        self.clock_json = dict(REAL)

    async def why(self, tenant_id: str, slot: str, language: str | None = None) -> Any:
        said = {"ko": "노드 장애 f7", "en": "node fault f7"}[language or "en"]
        links = [{"level": "cause", "text": said}]
        return {"sentence": said, "links": links, "cause": {"id": "f7"}}

    async def clock(self) -> Clock:
        if self.away:
            raise ClusterUnreachable("http://simulator", "nobody there")
        return Clock(NINE, "", self.clock_json)

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Any:
        if self.away:
            raise ClusterUnreachable("http://simulator", "nobody there")
        return {"minutes": [], "clock": self.clock_json}


class Cluster:
    """A namespace with what its quotas say."""

    def __init__(self) -> None:
        self.quotas: list[Any] = []

    async def look(self, namespace: str, only: Any) -> Any:
        assert only == (RESOURCEQUOTAS,)
        return self

    def list(self, resource: str) -> list[Any]:
        return self.quotas


class House:
    """What the watch reaches: a store of its own, the rest as far as it is asked."""

    def __init__(self, database: Database) -> None:
        self.database, self.at = database, NINE
        self.telling, self.there = Simulator(), Cluster()
        self.client = httpx.AsyncClient(trust_env=False)
        self.notifier: Any = Notifier(lambda: self.client)
        self.watch = Watch(self, "me")  # type: ignore[arg-type]
        self.number = 0

    async def storage(self, mode: str) -> Database:
        return self.database

    def simulator(self, mode: str) -> Simulator:
        return self.telling

    def cluster(self, mode: str) -> Cluster:
        return self.there

    def target(self, mode: str) -> Target:
        return Target("k8s-simulator", "default")

    def now(self) -> int:
        return self.at

    async def minutes(
        self, count: int, clock: Any = REAL, mode: Mode = "production", **figures: int
    ) -> None:
        """Let *count* minutes go by, all alike, and look after each as the service does."""
        for _ in range(count):
            self.number += 1
            row = minute(self.number, **figures)
            self.at = NINE + self.number * MINUTE
            facts = {"newest": row.minute, "heard_at": self.at, "clock": clock}
            await self.database.add_minutes("acme", [row], [], facts)
            await self.look(mode=mode)

    async def look(self, after_s: int = 0, mode: Mode = "production") -> None:
        self.at += after_s * SECOND
        await self.watch.look(mode)

    async def alerts(self) -> list[Alert]:
        return (await self.database.alerts.some())[0]

    async def told(self) -> list[Delivery]:
        return (await self.database.alerts.deliveries())[::-1]

    async def route(self, target: str, **fields: Any) -> AlertRoute:
        given: dict[str, Any] = {
            "id": 0,
            "name": "on-call",
            "kind": "webhook",
            "target": target,
            "tenant_id": "",
            "rule": "",
            "severity": "warning",
            "language": "en",
            "simulated": False,
            "resolved": True,
            "enabled": True,
            "created_at": 1,
            **fields,
        }
        return await self.database.alerts.add_route(AlertRoute(**given))


@lru_cache(maxsize=1)
def fresh() -> bytes:
    """Return a store with a tenant whose release is ready; to make the tables takes a while."""

    async def made(path: Path) -> None:
        database = Database(f"sqlite:///{path}")
        await database.open()
        await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
        release = await database.open_release("acme", "d", {}, [], began=NINE, now=NINE)
        await database.set_release(release.id, phase="ready")
        await database.close()

    with TemporaryDirectory() as folder:
        path = Path(folder, "records.db")
        asyncio.run(made(path))
        return path.read_bytes()


def played(path: Path, play: Callable[[House], Awaitable[None]]) -> None:
    file = path / "records.db"
    if not file.exists():
        file.write_bytes(fresh())

    async def whole() -> None:
        database = Database(f"sqlite:///{file}")
        await database.open()
        house = House(database)
        try:
            await play(house)
        finally:
            await house.client.aclose()
            await database.close()

    asyncio.run(whole())


def states(alerts: list[Alert]) -> list[tuple[str, str, str]]:
    return [(alert.rule, alert.severity, alert.state) for alert in alerts]


# -- judged ---------------------------------------------------------------------------------------


def test_a_threshold_is_pending_for_its_time_then_fires_then_is_over(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        await house.minutes(4, cpu=900)
        assert states(await house.alerts()) == [("cpu_high", "warning", "pending")]
        await house.minutes(1, cpu=900)
        assert states(await house.alerts()) == [("cpu_high", "warning", "firing")]
        await house.minutes(1, cpu=300)
        assert states(await house.alerts()) == [("cpu_high", "warning", "firing")]
        await house.minutes(1, cpu=300)
        assert states(await house.alerts()) == [("cpu_high", "warning", "resolved")]
        await house.minutes(6, cpu=950)
        assert [alert.state for alert in await house.alerts()] == ["firing", "resolved"]

    played(tmp_path, play)


def test_a_budget_that_burns_pages_with_its_causes_in_both_languages(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        await house.minutes(4)
        await house.minutes(3, down=12)
        assert await house.alerts() == []  # 180 of the 259.2 bad seconds of the first tier
        await house.minutes(2, down=12)
        (alert,) = await house.alerts()
        assert states([alert]) == [("burn_rate", "critical", "firing")]
        assert alert.chain["ko"]["sentence"] == "노드 장애 f7"
        assert alert.chain["en"]["links"] == [{"level": "cause", "text": "node fault f7"}]
        assert alert.values["tiers"] == ["1h/5m"]
        assert "(over 1 h, 200 over 5 min;" in sentence(alert, "en")
        assert "(최근 1시간 기준, 최근 5분 기준 200배," in sentence(alert, "ko")

    played(tmp_path, play)


def test_nothing_heard_is_an_alert_unless_the_cluster_is_paused(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        await house.minutes(1)
        house.telling.clock_json["paused"] = True
        await house.look(after_s=240)
        assert await house.alerts() == []
        house.telling.clock_json["paused"] = False
        await house.look(after_s=31)
        (alert,) = await house.alerts()
        assert (alert.rule, alert.values["because"]) == ("no_data", "alert.quiet.none")
        house.telling.away = True
        await house.look(after_s=31)
        (alert,) = await house.alerts()
        assert alert.values["because"] == "alert.quiet.unreachable"

    played(tmp_path, play)


def test_an_alert_is_not_over_because_its_figures_stop_coming(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        await house.minutes(5, cpu=900)
        await house.minutes(1, cpu=300)
        await house.look(after_s=300)
        await house.look(after_s=300)
        assert ("cpu_high", "warning", "firing") in states(await house.alerts())

    played(tmp_path, play)


def test_a_quota_that_is_nearly_used_up_and_a_release_that_failed(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        hard, used = {"cpu": "4", "pods": "10"}, {"cpu": "3900m", "pods": "3"}
        quota = {"metadata": {"name": "quota"}, "status": {"hard": hard, "used": used}}
        house.there.quotas = [quota]
        release = await house.database.last_release("acme")
        assert release is not None
        await house.database.set_release(release.id, phase="failed", detail="refused")
        await house.minutes(1)
        found = {alert.rule: alert for alert in await house.alerts()}
        assert sorted(found) == ["quota_near", "release_failed"]
        assert found["quota_near"].subject == "quota/cpu"
        assert found["quota_near"].values["percent"] == "98"
        assert found["release_failed"].severity == "critical"
        await house.database.set_release(release.id, phase="ready")
        house.there.quotas = []
        await house.minutes(1)
        await house.minutes(6)
        assert {alert.state for alert in await house.alerts()} == {"resolved"}

    played(tmp_path, play)


def test_what_keeps_a_release_from_starting_is_said_in_both_languages(tmp_path: Path) -> None:
    problem = {"object": "Pod/a", "text": "No node has room.", "remedy": "Add a node."}
    korean = {"text": "노드에 여유가 없습니다.", "remedy": "노드를 추가하세요."}

    async def play(house: House) -> None:
        release = await house.database.last_release("acme")
        assert release is not None
        startup = in_both({"problems": [problem]}, {"problems": [{**problem, **korean}]})
        await house.database.set_release(release.id, phase="stalled", startup=startup)
        await house.minutes(1)
        (alert,) = await house.alerts()
        said = [sentence(alert, language) for language in ("en", "ko")]
        assert said == [
            "acme: release sim-deploy-1 (revision 1) is stalled. No node has room.",
            "acme: 릴리스 sim-deploy-1(리비전 1) 상태가 정체입니다. 노드에 여유가 없습니다.",
        ]
        kept = in_words(startup, "ko"), in_words(startup, "en")
        assert kept == ({"problems": [{**problem, **korean}]}, {"problems": [problem]})

    played(tmp_path, play)


@pytest.mark.parametrize(
    ("automatic", "hours", "said"),
    [
        pytest.param(True, 1, ["release_failed"], id="by itself"),
        pytest.param(True, 25, [], id="by itself, the day before"),
        pytest.param(False, 1, [], id="as somebody asked"),
    ],
)
def test_a_release_that_went_back_is_told_of(
    tmp_path: Path, automatic: bool, hours: int, said: list[str]
) -> None:
    async def play(house: House) -> None:
        back = {"rollback": {"to": 3, "from": 4, "automatic": automatic}}
        opened = house.at - hours * 60 * MINUTE
        release = await house.database.open_release("acme", "e", back, [], began=NINE, now=opened)
        await house.database.set_release(release.id, phase="ready")
        await house.minutes(1)
        found = await house.alerts()
        assert [alert.rule for alert in found] == said
        for alert in found:
            assert "revision 4 failed" in sentence(alert, "en")
            assert "back to revision 3 by itself" in sentence(alert, "en")
            assert "리비전 3 상태로 자동 되돌렸습니다" in sentence(alert, "ko")

    played(tmp_path, play)


def test_a_tenant_of_whom_only_pushed_figures_are_known_is_judged(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        database = house.database
        await database.add_tenant(Tenant("bare", "", "bare", None, {}, {}, 995_000, "", 1))
        figure = Figure("bare", "external", "cpu_usage", 99.0, "%", "websocket", rfc3339(house.at))
        await database.add_figures([figure])
        await house.look(after_s=1)
        found = [alert for alert in await house.alerts() if alert.tenant_id == "bare"]
        assert [(alert.rule, alert.severity) for alert in found] == [("cpu_high", "warning")]

    played(tmp_path, play)


def test_a_rule_of_the_tenants_own_holds_by_its_figures_and_ends_with_the_rule(
    tmp_path: Path,
) -> None:
    async def play(house: House) -> None:
        book = house.database.alerts
        rule = CustomRule(
            "acme", "busy", "cpu_usage > 40 AND response_time > 50", 120, "info", [], 1
        )
        assert await book.keep_rule(rule)
        await house.minutes(2)
        (alert,) = await house.alerts()
        assert states([alert]) == [("custom", "info", "firing")]
        assert alert.values["because"] == "cpu_usage 50 > 40, response_time 100 > 50"
        await book.remove_rule("acme", "busy")
        await house.minutes(1)
        assert states(await house.alerts()) == [("custom", "info", "resolved")]

    played(tmp_path, play)


# -- told -----------------------------------------------------------------------------------------


def test_who_is_to_know_hears_it_once_and_hears_that_it_is_over(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        with serving(Hook()) as hook:
            await house.route(hook.url)
            await house.minutes(8, cpu=900)
            await house.look(after_s=60)
            assert [body["title"] for _, _, body in hook.got] == ["[warning] acme: CPU high"]
            await house.minutes(3)
            titles = [body["title"] for _, _, body in hook.got]
        assert titles == ["[warning] acme: CPU high", "[resolved] acme: CPU high"]
        assert [(row.what, row.state, row.attempt) for row in await house.told()] == [
            ("warning", "sent", 1),
            ("resolved", "sent", 1),
        ]

    played(tmp_path, play)


def test_what_was_told_is_not_told_again_after_a_restart_nor_what_may_have_been(
    tmp_path: Path,
) -> None:
    class Cut:
        """Sends, and the process ends before it can say so."""

        def __init__(self, notifier: Notifier) -> None:
            self._notifier = notifier

        async def tell(self, telling: Telling) -> str:
            await self._notifier.tell(telling)
            raise KeyboardInterrupt

    with serving(Hook()) as hook:

        async def first(house: House) -> None:
            await house.route(hook.url)
            house.notifier = Cut(house.notifier)
            await house.minutes(5, cpu=900)

        async def second(house: House) -> None:
            house.number, house.at = 5, NINE + 6 * MINUTE + SECOND
            await house.look()
            await house.look(after_s=60)
            assert [row.state for row in await house.told()] == ["uncertain"]
            await house.minutes(3)

        with pytest.raises(KeyboardInterrupt):
            played(tmp_path, first)
        played(tmp_path, second)
        titles = [body["title"] for _, _, body in hook.got]
    assert titles == ["[warning] acme: CPU high", "[resolved] acme: CPU high"]


@pytest.mark.parametrize(
    ("answers", "waits", "end"),
    [
        pytest.param([503, 503], [5, 15], ("sent", 3), id="a server in trouble is asked again"),
        pytest.param([429], [5], ("sent", 2), id="one that is busy, too"),
        pytest.param([404], [], ("failed", 1), id="an address that is not there is given up"),
        pytest.param([(200, '{"code":401,"description":"no"}')], [], ("failed", 1),
                     id="a refusal in a good answer is one"),
        pytest.param([500] * 10, [5, 15, 45, 135, 405, 900, 900, 900, 900], ("failed", 10),
                     id="after ten tries it is given up"),
    ],
)  # fmt: skip
def test_a_try_that_fails(
    tmp_path: Path, answers: list[Any], waits: list[int], end: tuple[str, int]
) -> None:
    async def play(house: House) -> None:
        with serving(Hook(*answers)) as hook:
            await house.route(hook.url, kind="naver-works", rule="cpu_high")
            await house.minutes(5, cpu=900)
            for wait in waits:
                asked = len(hook.got)
                await house.look(after_s=wait - 1)
                assert len(hook.got) == asked  # not before its time
                await house.look(after_s=1)
                assert len(hook.got) == asked + 1
            assert len({headers["idempotency-key"] for _, headers, _ in hook.got}) == 1
        row = (await house.told())[0]
        assert (row.state, row.attempt) == end

    played(tmp_path, play)


def test_a_cluster_away_from_pace_1_tells_only_who_wants_it_and_says_sim(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        with serving(Hook()) as real, serving(Hook()) as rehearsed:
            await house.route(real.url)
            await house.route(rehearsed.url, simulated=True, language="ko", kind="dooray")
            await house.minutes(5, FAST, cpu=900)
            assert real.got == []
            ((_, _, body),) = rehearsed.got
        assert body["text"] == "[SIM] [경고] acme: CPU 사용률 높음"
        assert body["attachments"][0]["text"].startswith("[SIM] acme: CPU 사용률(제한 대비) 90 %")

    played(tmp_path, play)


@pytest.mark.parametrize(
    ("told", "now", "simulated"),
    [
        pytest.param({}, {}, False, id="at pace 1"),
        pytest.param({}, None, False, id="at pace 1 when it was last heard of"),
        pytest.param({"speed": 60}, {}, True, id="its minutes were told at speed 60"),
        pytest.param({}, {"speed": 0.5}, True, id="at half speed now"),
        pytest.param({}, {"paused": True}, True, id="paused since its last minute"),
        pytest.param({"paused": True}, None, True, id="paused when it was last heard of"),
        pytest.param({}, {"warping_to": "2026-01-06T00:00:00Z"}, True, id="it warps, or steps"),
        pytest.param({}, {"paused": True, "pace_since": AT_SIX}, True, id="it was stepped there"),
        pytest.param({}, {"pace_since": AT_SIX}, True, id="it was warped there, then goes on"),
        pytest.param({}, {"pace_since": AT_FOUR}, False, id="it was warped, but not there"),
    ],
)
def test_what_happens_away_from_pace_1_is_simulated(
    tmp_path: Path, told: Any, now: Any, simulated: bool
) -> None:
    async def play(house: House) -> None:
        house.telling.away = now is None
        house.telling.clock_json |= now or {}
        await house.minutes(5, {**REAL, **told}, cpu=900)
        assert [alert.simulated for alert in await house.alerts()] == [simulated]

    played(tmp_path, play)


def test_a_release_that_fails_on_a_paused_cluster_is_simulated(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        house.telling.clock_json["paused"] = True
        release = await house.database.last_release("acme")
        assert release is not None
        await house.database.set_release(release.id, phase="failed")
        await house.look()
        (alert,) = await house.alerts()
        assert (alert.rule, alert.simulated) == ("release_failed", True)

    played(tmp_path, play)


def test_the_demo_alerts_nobody_before_it_has_come_to_now(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        for state, alerts in (("making", []), ("ready", ["cpu_high"])):
            await house.database.demo.keep({"state": state})
            await house.minutes(5, mode="demo", cpu=900)
            assert [alert.rule for alert in await house.alerts()] == alerts

    played(tmp_path, play)


def test_silenced_it_is_judged_and_told_when_the_silence_ends(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        with serving(Hook()) as hook:
            await house.route(hook.url)
            until = NINE + 7 * MINUTE
            silence = Silence(0, {"rule": "cpu_*|no_data"}, until, "kim", "load test", NINE, None)
            await house.database.alerts.add_silence(silence)
            await house.minutes(6, cpu=900)
            assert states(await house.alerts()) == [("cpu_high", "warning", "firing")]
            assert hook.got == []
            await house.minutes(2, cpu=900)
            assert len(hook.got) == 1

    played(tmp_path, play)


def test_worse_than_what_was_acknowledged_is_news(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        book = house.database.alerts
        await book.keep_policy("acme", {"preset": "standard", "off": []})
        with serving(Hook()) as hook:
            await house.route(hook.url)
            await house.minutes(5, cpu=850)
            (alert,) = await house.alerts()
            taken = {**{f: getattr(alert, f) for f in Alert.__dataclass_fields__}}
            taken |= {
                "state": "acknowledged",
                "acknowledged_at": house.at,
                "acknowledged_by": "kim",
            }
            await book.keep([(Alert(**taken), "acknowledged", "kim", "")], house.at)
            await house.minutes(2, cpu=850)
            assert (await house.alerts())[0].acknowledged_by == "kim"
            await house.minutes(6, cpu=950)
            assert [body["title"] for _, _, body in hook.got] == [
                "[warning] acme: CPU high",
                "[critical] acme: CPU high",
            ]
        whats = [event.what for event, _ in await book.events()]
        assert whats == ["pending", "firing", "told", "acknowledged", "escalated", "told"]

    played(tmp_path, play)


def test_one_process_judges_and_tells_until_it_is_gone(tmp_path: Path) -> None:
    async def play(house: House) -> None:
        other = Watch(house, "another")  # type: ignore[arg-type]
        await other.look("production")
        release = await house.database.last_release("acme")
        assert release is not None
        await house.database.set_release(release.id, phase="failed")
        await house.look(after_s=31)
        assert await house.alerts() == []
        await house.look(after_s=31)
        assert states(await house.alerts()) == [("release_failed", "critical", "firing")]

    played(tmp_path, play)


def test_mail_goes_through_apprise_to_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(house: House) -> None:
        with serving(Mail()) as mail:
            monkeypatch.setenv("ECP_MAIL_URL", mail.url)
            await house.route("ops@a.example,night@b.example", kind="email", language="ko")
            await house.minutes(5, cpu=900)
            got = mail.got
        assert [row.state for row in await house.told()] == ["sent"], await house.told()
        assert sorted(to for tos, _ in got for to in tos) == ["night@b.example", "ops@a.example"]

    played(tmp_path, play)


def test_slack_is_worded_by_apprise() -> None:
    """Its URL names no host: for the test the receiver takes the place of Slack's."""
    words = {"title": "[심각] acme: CPU", "text": "CPU 91 %", "severity": "critical"}
    asked = {"url": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", **words}
    with serving(Hook((200, "ok"))) as hook:
        program = (
            "from apprise.plugins.slack import NotifySlack\n"
            "from ecp.orchestrator.adapters.apprising import main\n"
            f"NotifySlack.webhook_url = {hook.url!r}\n"
            "main()"
        )
        command = [sys.executable, "-c", program]
        run = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True)
        said = json.loads(run.stdout)
        assert said["ok"], said
        ((path, _, body),) = hook.got
    assert path == "/hook/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert words["text"] in str(body)
    assert words["title"] in str(body)
