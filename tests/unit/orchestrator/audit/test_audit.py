"""The audit log: which calls are noted and as what, before they are answered, and for how long."""

import asyncio
import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.app import create_app
from ecp.orchestrator.audit import model, usecases
from ecp.orchestrator.auditing import Audited
from ecp.orchestrator.ports import ClusterUnreachable, StorageFailed
from ecp.orchestrator.records import Alert, AuditEntry, AuditSought, Target
from ecp.texts import is_key

API = "/api/v1"


# -- which, and as what ---------------------------------------------------------------------------


def test_every_call_that_changes_something_has_a_word_and_every_word_a_sentence(
    tmp_path: Path,
) -> None:
    paths = create_app(tmp_path).openapi()["paths"]
    served = {
        f"{method.upper()} {path}" for path, row in paths.items() for method in row
        if method not in ("get", "head", "parameters")
    }  # fmt: skip
    told = [*model.ACTIONS, *model.JUDGED_ONLY, *model.MEASURED]
    assert served == set(told), "say of a new call by which word it is noted, or why it is not"
    words = {*model.ACTIONS.values(), *model.BY_ITSELF, model.OTHER}
    assert not [word for word in words if not is_key(f"audit.did.{word}")]
    for word in words:
        entry = AuditEntry(0, "system", word)
        assert model.summary(entry, "ko")
        assert model.summary(entry, "en")


@pytest.mark.parametrize(
    ("call", "action", "parts"),
    [
        pytest.param(f"GET {API}/tenants/acme", None, {}, id="who only reads leaves nothing"),
        pytest.param(
            f"POST {API}/tenants/validate-manifest", None, {}, id="nor does who only has judged"
        ),
        pytest.param(f"DELETE {API}/tenants/acme", "tenant.delete", {"tenant_id": "acme"},
                     id="a path says whom it is about"),
        pytest.param(f"POST {API}/tenants", "tenant.create", {}, id="with or without a slash"),
        pytest.param(
            f"POST {API}/tenants/acme/releases/3/rollback", "release.rollback",
            {"tenant_id": "acme", "revision": "3"}, id="and what it was about",
        ),
        pytest.param(f"POST {API}/something/new", "other", {}, id="a call without a word is noted"),
        pytest.param("POST /elsewhere", None, {}, id="what is not the API's is not"),
    ],
)  # fmt: skip
def test_a_call_is_noted_by_its_word(call: str, action: str | None, parts: dict[str, str]) -> None:
    found = model.routed(*call.split(" "))
    assert (None if found is None else found.action) == action
    assert found is None or dict(found.parts) == parts


@pytest.mark.parametrize(
    ("status", "outcome"), [(201, "done"), (409, "refused"), (422, "refused"), (503, "failed")]
)
def test_what_came_of_it_is_read_off_the_status(status: int, outcome: str) -> None:
    assert model.outcome_of(status) == outcome


# -- kept -----------------------------------------------------------------------------------------


def entry(at: int, **more: Any) -> AuditEntry:
    return AuditEntry(at, "10.0.0.1", more.pop("action", "tenant.create"), **more)


def test_entries_are_found_by_what_they_are_and_by_page(place: str) -> None:
    async def work() -> None:
        db = Database(place)
        await db.open()
        try:
            await asyncio.gather(*(
                db.audit.add(entry(n, tenant_id=f"t{n % 2}", refs={"id": str(n)}))
                for n in range(1, 9)
            ))  # fmt: skip
            await db.audit.add(
                entry(9, action="tenant.delete", outcome="refused", status=409, code="IN_USE"),
                entry(10, action="tenants", actor_from="proxy"),
            )
            wanted: dict[str, tuple[AuditSought, list[int]]] = {
                "newest first": (AuditSought(limit=3), [10, 9, 8]),
                "from where a page ended": (AuditSought(before=3), [2, 1]),
                "of a tenant": (AuditSought(tenant="t1"), [7, 5, 3, 1]),
                "a group of words": (AuditSought(action="tenant", limit=2), [9, 8]),
                "one word": (AuditSought(action="tenant.delete"), [9]),
                "an outcome": (AuditSought(outcome="refused"), [9]),
                "a span": (AuditSought(since=4, until=6), [5, 4]),
                "by words": (AuditSought(words="in_u"), [9]),
                "no joker": (AuditSought(words="%"), []),
                "nobody": (AuditSought(actor="system"), []),
            }
            for name, (sought, ats) in wanted.items():
                rows, _ = await db.audit.some(sought)
                assert [row.at for row in rows] == ats, name
            (first,), total = await db.audit.some(AuditSought(until=2))
            assert (first.refs, total) == ({"id": "1"}, 1)
            assert await db.audit.let_go(before=3, most=100) == 2
            assert await db.audit.let_go(before=0, most=5) == 3
            rows, total = await db.audit.some(AuditSought())
            assert ([row.at for row in rows], total) == ([10, 9, 8, 7, 6], 5)
        finally:
            await db.close()

    asyncio.run(work())


def test_an_alert_that_is_raised_is_noted_with_it(place: str) -> None:
    alert = Alert(
        0, "f" * 32, "acme", "cpu_high", "", "warning", "firing", {}, {}, False, "", 1, 1
    )  # fmt: skip

    async def work() -> None:
        db = Database(place)
        await db.open()
        try:
            seen = replace(alert, fingerprint="g", state="pending")
            changes = [(alert, "firing", "", ""), (seen, "pending", "", "")]
            await db.alerts.keep(changes, 7, Target("kubernetes", "staging"))
            ((made,), total) = await db.audit.some(AuditSought())
            assert (total, made.at, made.actor, made.action) == (1, 7, "system", "alert.raise")
            assert (made.tenant_id, made.target, made.refs["alert_id"]) == ("acme", "staging", "1")
            assert model.summary(made, "en") == "Raise alert “CPU high” (warning) for tenant acme"
            assert "‘CPU 사용률 높음’" in model.summary(made, "ko")
            own = replace(alert, fingerprint="o", rule="custom", subject="queue is long")
            await db.alerts.keep([(own, "firing", "", "")], 8, Target("kubernetes", "staging"))
            ((made, _), _) = await db.audit.some(AuditSought())
            assert model.summary(made, "en").startswith("Raise alert “queue is long” (")
        finally:
            await db.close()

    asyncio.run(work())


SPIKE = {"name": "cpu_spike", "title": {"en": "CPU spike", "ko": "CPU 급증"}}


class Kinds:
    """As little of the simulator as the log asks for: what failures are called."""

    def __init__(self, away: bool = False) -> None:
        self.away = away

    async def fault_kinds(self) -> list[dict[str, Any]]:
        if self.away:
            raise ClusterUnreachable("http://simulator", "refused")
        return [SPIKE, {"name": "pod_kill", "title": {"en": "Pod killed", "ko": "파드 종료"}}]


@pytest.mark.parametrize(
    ("words", "language", "away", "said"),
    [
        pytest.param("cpu sp", "en", False, ["Inject a failure (CPU spike) into tenant acme"],
                     id="by its title"),
        pytest.param("급증", "ko", False, ["테넌트 acme 장애 주입(CPU 급증)"],
                     id="by its title in the other language"),
        pytest.param("cpu_sp", "ko", False, ["테넌트 acme 장애 주입(CPU 급증)"], id="by its type"),
        pytest.param("f12", "ko", False, ["테넌트 acme 장애 주입(CPU 급증)"], id="by its id"),
        pytest.param("cpu_spike", "en", True, ["Inject a failure (cpu_spike) into tenant acme"],
                     id="called by its type while nobody says titles"),
        pytest.param("CPU spike", "en", True, [], id="no title is found while nobody says any"),
        pytest.param("memory", "en", False, [], id="another failure is not found"),
    ],
)  # fmt: skip
def test_a_failure_is_found_and_called(
    place: str, words: str, language: Any, away: bool, said: list[str]
) -> None:
    async def work() -> list[str]:
        db: Any = Database(place)
        kinds: Any = Kinds(away)
        await db.open()
        try:
            for number, kind in enumerate(("cpu_spike", "pod_kill")):
                refs = {"failure_type": kind, "injection_id": f"f1{2 + number}"}
                await db.audit.add(
                    AuditEntry(number, "kim", "failure.trigger", tenant_id="acme", refs=refs)
                )
            sought = AuditSought(words=words)
            found = await usecases.listed(db, kinds, sought, language)
            assert found["total"] == len(found["entries"])
            return [row["summary"] for row in found["entries"]]
        finally:
            await db.close()

    assert asyncio.run(work()) == said


def test_the_end_of_a_failure_says_of_which() -> None:
    refs = {"injection_id": "f12", "failure_type": "cpu_spike"}
    ended = AuditEntry(1, "kim", "failure.end", tenant_id="acme", refs=refs)
    titles: Any = {SPIKE["name"]: SPIKE["title"]}
    assert model.summary(ended, "en", titles) == "End failure f12 (CPU spike) of tenant acme"
    assert model.summary(ended, "ko", titles) == "테넌트 acme 장애 f12(CPU 급증) 종료"


def test_a_cell_is_no_formula() -> None:
    row = usecases.shown(entry(1, agent="=HYPERLINK(1)"), "en", {})
    found = list(csv.DictReader(io.StringIO(usecases.as_csv([row]).decode("utf-8-sig"))))
    assert found[0]["user_agent"] == "'=HYPERLINK(1)"


# -- before the answer ----------------------------------------------------------------------------


class House:
    """As little of it as the middleware asks for; its book notes in `order`."""

    def __init__(self, order: list[str], error: Exception | None = None) -> None:
        self.order, self.error = order, error
        self.entries: list[AuditEntry] = []
        self.audit = self

    def now(self) -> int:
        return 5

    def target(self, mode: str) -> Target:
        return Target("kubernetes", "staging")

    async def storage(self, mode: str) -> "House":
        return self

    async def settings(self) -> dict[str, Any]:
        return {}

    async def let_go(self, *, before: int, most: int) -> int:
        return 0

    async def add(self, *entries: AuditEntry) -> None:
        if self.error is not None:
            raise self.error
        self.order.append("noted")
        self.entries += entries


def called(house: House, answer: Any, **scope: Any) -> list[Message]:
    """Let the middleware answer a call with what an application would."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        house.order.append("done")
        await answer(send)

    async def send(message: Message) -> None:
        house.order.append("answered")
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    asked = {"type": "http", "method": "DELETE", "path": f"{API}/tenants/acme",
             "client": ("10.0.0.9", 5), "headers": [], **scope}  # fmt: skip

    async def whole() -> None:
        await Audited(app, house)(asked, receive, send)  # type: ignore[arg-type]

    asyncio.run(whole())
    return sent


def answering(status: int, body: bytes = b"{}") -> Any:
    async def answer(send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return answer


def test_an_entry_is_written_before_the_first_byte_of_the_answer() -> None:
    house = House([])
    said = [(b"user-agent", b"ecp/1"), (b"x-forwarded-user", b"kim\x01")]
    called(house, answering(200), headers=said)
    assert house.order == ["done", "noted", "answered", "answered"]
    (made,) = house.entries
    assert (made.actor, made.actor_from, made.address) == ("kim", "proxy", "10.0.0.9")
    assert (made.target_kind, made.target, made.tenant_id) == ("kubernetes", "staging", "acme")
    assert (made.agent, made.outcome, made.code) == ("ecp/1", "done", "")


def test_what_was_made_is_read_off_the_answer() -> None:
    house = House([])
    path = f"{API}/simulator/deploy/acme"
    called(house, answering(200, b'{"deployment_id": "d-1"}'), method="POST", path=path)
    assert [e.refs for e in house.entries] == [{"deployment_id": "d-1"}]


def test_a_refusal_is_noted_with_its_code() -> None:
    house = House([])
    called(house, answering(409, b'{"error": {"code": "IN_USE"}}'))
    assert [(e.outcome, e.status, e.code) for e in house.entries] == [("refused", 409, "IN_USE")]
    assert (house.entries[0].actor, house.entries[0].actor_from) == ("10.0.0.9", "address")


def test_a_mistake_of_ours_is_noted_and_goes_on() -> None:
    async def fails(send: Send) -> None:
        raise ZeroDivisionError

    house = House([])
    with pytest.raises(ZeroDivisionError):
        called(house, fails)
    assert [(e.outcome, e.status, e.code) for e in house.entries] == [("failed", 500, "INTERNAL")]


@pytest.mark.parametrize(
    "body",
    [pytest.param(b'{"status": "dry_run"}', id="a dry run did nothing")],
)
def test_what_did_nothing_is_not_noted(body: bytes) -> None:
    house = House([])
    called(
        house, answering(200, body), method="POST", path=f"{API}/simulator/failures/acme/trigger"
    )
    assert house.order == ["done", "answered", "answered"]


def test_a_database_that_takes_no_entry_keeps_nobody_from_an_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House([], StorageFailed("away"))
    assert next(m["type"] for m in called(house, answering(200))) == "http.response.start"
    assert "not in the audit log" in caplog.text


# -- over HTTP ------------------------------------------------------------------------------------


def test_a_call_is_found_in_the_log_of_its_mode_in_words(tmp_path: Path) -> None:
    async def work() -> None:
        app = create_app(tmp_path)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ecp") as client:
            body = {"tenant_id": "acme", "service_requirements": {"callbot": 1}}
            await client.post(f"{API}/tenants/", json=body)
            await client.post(f"{API}/tenants/", json=body)
            await client.put(f"{API}/settings", json={"slaTarget": 99.9})
            ko = {"Accept-Language": "ko"}
            found = (await client.get(f"{API}/audit", headers=ko)).json()
            assert [(e["summary"], e["outcome"], e["code"]) for e in found["entries"]] == [
                ("설정 변경", "done", None),
                ("테넌트 acme 생성", "refused", "TENANT_ALREADY_EXISTS"),
                ("테넌트 acme 생성", "done", None),
            ]
            page = await client.get(f"{API}/audit", params={"limit": 2, "tenant": "acme"})
            assert page.json()["next_cursor"] is None
            assert page.json()["total"] == 2
            page = await client.get(f"{API}/audit", params={"limit": 1})
            cursor = page.json()["next_cursor"]
            page = await client.get(f"{API}/audit", params={"limit": 1, "cursor": cursor})
            assert page.json()["entries"][0]["code"] == "TENANT_ALREADY_EXISTS"
            as_csv = await client.get(f"{API}/audit", headers={"Accept": "text/csv"})
            assert as_csv.text.count("\r\n") == 4, "a head and three entries"
            other = await client.get(f"{API}/audit", headers={"X-Demo-Mode": "true"})
            assert other.json()["total"] == 0, "the demo has a log of its own"
            since = [
                (await client.get(f"{API}/audit?from={at}")).json()["total"]
                for at in ("2000-01-01T09:00:00+09:00", "2000-01-01T09:00:00%2B09:00",
                           "2100-01-01T09:00:00+09:00")
            ]  # fmt: skip
            assert since == [3, 3, 0], "an offset, escaped or not, is read as such"
            bad = await client.get(f"{API}/audit", params={"from": "yesterday"})
            assert (bad.status_code, bad.json()["title"]) == (422, "INVALID_INSTANT")
        await app.state.house.close()

    asyncio.run(work())
