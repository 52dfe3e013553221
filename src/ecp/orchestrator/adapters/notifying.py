"""Telling people and machines: webhooks directly, everything else through Apprise."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from ecp.orchestrator.ports import SEALED, NotTold
from ecp.orchestrator.records import Telling
from ecp.texts import text

_SPEAKER: Final = "ecp.orchestrator.adapters.apprising"
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "webhook": {},
    "naver-works": {},
    "dooray": {},
    "jandi": {"Accept": "application/vnd.tosslab.jandi-v2+json"},
}
"""The kinds that are webhooks, and the headers that each wants."""
_WITHIN_S: Final = 10.0
_SPOKEN_WITHIN_S: Final = 30.0
_LATER: Final = (408, 425, 429)
"""Answers of a client's mistake that another try may mend. Source: RFC 9110, RFC 6585."""


class Notifier:
    """Fulfils `ports.Notifier`."""

    def __init__(self, client: Callable[[], httpx.AsyncClient]) -> None:
        self._client = client

    async def tell(self, telling: Telling) -> str:
        telling = telling._replace(target=revealed(telling.kind, telling.target))
        if telling.kind in _HEADERS:
            return await self._posted(telling)
        return await _spoken(telling)

    async def _posted(self, telling: Telling) -> str:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Idempotency-Key": telling.key,
            **_HEADERS[telling.kind],
        }
        content = json.dumps(telling.body, ensure_ascii=False).encode()
        try:
            response = await self._client().post(
                telling.target, content=content, headers=headers, timeout=_WITHIN_S
            )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NotTold(str(error), lasting=True) from error
        except httpx.HTTPError as error:
            raise NotTold(str(error) or type(error).__name__) from error
        said = f"HTTP {response.status_code} {response.text[:200]}".strip()
        if response.is_error or response.is_redirect:
            status = response.status_code
            raise NotTold(said, lasting=status < 500 and status not in _LATER)
        if _refused(response):
            raise NotTold(said, lasting=True)
        return said


def revealed(kind: str, target: str) -> str:
    """Return the URL behind a target: what env:NAME says; of mere addresses ECP_MAIL_URL's.

    Raises NotTold where the variable is not set.
    """
    if target.startswith(SEALED):
        raise NotTold(text("secret.lost", "en"), lasting=True)
    if target.startswith("env:"):
        target = _said(target.removeprefix("env:"))
    if kind == "email" and "://" not in target:
        sender = _said("ECP_MAIL_URL")
        joint = "&" if "?" in sender else "?"
        return f"{sender}{joint}to={quote(target, safe='@,')}"
    return target


def _said(variable: str) -> str:
    found = os.environ.get(variable, "")
    if not found:
        raise NotTold(f"{variable} is not set", lasting=True)
    return found


def _refused(response: httpx.Response) -> bool:
    """Whether a good status says in its body that it is not: NAVER WORKS and Dooray do so."""
    try:
        body = response.json()
    except ValueError:
        return False
    if not isinstance(body, dict):
        return False
    code, header = body.get("code"), body.get("header")
    unsuccessful = isinstance(header, dict) and header.get("isSuccessful") is False
    return unsuccessful or (isinstance(code, int) and code >= 400)


async def _spoken(telling: Telling) -> str:
    asked = {
        "url": telling.target,
        "title": telling.title,
        "text": telling.text,
        "severity": telling.severity,
    }
    speaker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _SPEAKER, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(_SPOKEN_WITHIN_S):
            out, _ = await speaker.communicate(json.dumps(asked).encode())
        answer: dict[str, Any] = json.loads(out)
    except (TimeoutError, ValueError, OSError) as error:
        raise NotTold(f"Apprise did not answer within {_SPOKEN_WITHIN_S:g} s") from error
    finally:
        await _ended(speaker)
    if not answer["ok"]:
        raise NotTold(answer["detail"] or "not delivered", lasting=answer["lasting"])
    return answer["detail"] or "delivered"


async def _ended(speaker: Process) -> None:
    if speaker.returncode is None:
        speaker.kill()
        await speaker.wait()
