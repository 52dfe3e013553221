"""Every call that changes something leaves an entry in the audit log before it is answered.

The entry is written after the work and before the first byte of the answer: whoever has an answer
finds it noted, also when the process dies right after it. A process that is killed in the middle
of the work leaves none; what it began is told by the tenant's history and the release's log.

Nobody signs in here. A name is what a proxy in front says (`X-Forwarded-User`, `Remote-User`), and
nobody checks it; without one, the client's address and its User-Agent are all that is known.
"""

import logging
import time
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecp.orchestrator.asking import mode_of_header
from ecp.orchestrator.audit import model, usecases
from ecp.orchestrator.ports import House, StorageFailed
from ecp.orchestrator.records import AuditEntry, Mode

log = logging.getLogger("ecp.orchestrator")

_LET_GO_EVERY: Final = 256
_USERS: Final = (b"x-forwarded-user", b"remote-user")
_REFUSED: Final = 400
_INTERNAL: Final = 500


class Audited:
    """Notes calls that change something."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house
        self._until_let_go = 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = None
        if scope["type"] == "http":
            route = model.routed(scope["method"], scope["path"])
        if route is None:
            await self._app(scope, receive, send)
            return
        call = _Call(self, route, scope, self._house.now())
        heard = call.hearing(receive) if route.action in model.ABOUT else receive
        try:
            await self._app(scope, heard, call.answering(send))
        except Exception:
            # Answered further out; what was raised after the answer began is noted by then.
            await call.over(_INTERNAL, b"", "INTERNAL")
            raise

    async def keep(self, mode: Mode, entry: AuditEntry) -> None:
        """Write an entry down. A database that does not take it is told to the log instead."""
        try:
            target = self._house.target(mode)
            named = entry._replace(target_kind=target.method, target=target.name)
            await (await self._house.storage(mode)).audit.add(named)
        except StorageFailed as error:
            log.error("not in the audit log: %s (%s)", entry._asdict(), error)
            return
        self._until_let_go -= 1
        if self._until_let_go <= 0:
            self._until_let_go = _LET_GO_EVERY
            await self._let_go(mode)

    async def _let_go(self, mode: Mode) -> None:
        try:
            await usecases.let_go(self._house, mode)
        except StorageFailed as error:
            log.info("old entries of the audit log stay: %s", error)


class _Call:
    """One call on its way."""

    def __init__(self, keeper: Audited, route: model.Route, scope: Scope, now: int) -> None:
        self._keeper, self._route, self._scope, self._at = keeper, route, scope, now
        self._begun = time.perf_counter()
        self._asked: list[bytes] = []
        self._start: Message | None = None
        self._over = False

    def hearing(self, receive: Receive) -> Receive:
        """Return *receive*, of which the body is remembered: it says whom the call is about."""
        length = 0

        async def heard() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length <= model.MOST_BYTES:
                self._asked.append(message.get("body", b""))
            return message

        return heard

    def answering(self, send: Send) -> Send:
        """Return *send*, which holds the answer's head back until the entry is written."""

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._start = message
                return
            if self._start is not None:
                start, self._start = self._start, None
                await self.over(start["status"], message.get("body", b""))
                await send(start)
            await send(message)

        return answered

    async def over(self, status: int, body: bytes, code: str = "") -> None:
        """Note what came of it, once."""
        if self._over or not model.noted(status):
            return
        self._over = True
        read = status >= _REFUSED or self._route.action in model.MAKES
        answer = model.told(body) if read else {}
        if model.tried_only(answer):
            return
        headers: Mapping[bytes, bytes] = dict(self._scope["headers"])
        tenant = self._route.parts.get("tenant_id", "")
        if self._route.action in model.ABOUT:
            about = model.told(b"".join(self._asked)).get("tenant_id")
            tenant = about if isinstance(about, str) else tenant
        address = (self._scope.get("client") or ("",))[0]
        user = next((_said(headers, name, 200) for name in _USERS if name in headers), "")
        actor, known_by = model.actor_of(user, address)
        entry = AuditEntry(
            at=self._at,
            actor=actor,
            actor_from=known_by,
            address=address[:64],
            agent=_said(headers, b"user-agent", 200),
            action=self._route.action,
            outcome=model.outcome_of(status),
            status=status,
            code=code or model.problem_code(answer),
            method=self._scope["method"],
            route=model.printable(self._route.route, 200),
            tenant_id=model.printable(tenant, 63),
            refs={
                name: model.printable(value, 100)
                for name, value in model.refs(self._route.parts, answer).items()
            },
            request_id=str(self._scope.get("state", {}).get("request_id", ""))[:128],
            duration_us=round((time.perf_counter() - self._begun) * 1e6),
        )
        said = headers.get(b"x-demo-mode", b"").decode("latin-1")
        # Whoever makes the demo need not say that it is meant.
        of_demo = self._route.action.startswith("demo.")
        await self._keeper.keep("demo" if of_demo else mode_of_header(said), entry)


def _said(headers: Mapping[bytes, bytes], name: bytes, most: int) -> str:
    return model.printable(headers.get(name, b"").decode("latin-1"), most)
