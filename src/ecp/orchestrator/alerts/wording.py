"""An alert in words, in Korean and English, and as the messengers take it. Pure.

Formats of incoming webhooks, and whence they are known. None was tried against the vendor:

    NAVER WORKS   {title, body: {text}}; answers {code: 200}. Source: public programs that use it.
                  The vendor's page of the Incoming Webhook app (developers.worksmobile.com,
                  docs/webhook) says that messages have a fixed form of text without files
    Dooray        {botName, text, attachments: [{title, text, color}]}. Source: public programs that
                  use it; a page of the vendor about incoming hooks was not to be had
    JANDI         {body, connectColor, connectInfo: [{title, description}]} with Accept
                  application/vnd.tosslab.jandi-v2+json. Source: JANDI help centre, article 6352697
"""

from collections.abc import Mapping
from typing import Any, Final

from ecp.kube import durations
from ecp.kube.times import rfc3339
from ecp.orchestrator.records import Alert, AlertRoute, Delivery, Telling
from ecp.slo.report import SIMULATED
from ecp.texts import Language, is_key, text, took

FORMAT: Final = 1
_SECOND: Final = 1_000_000_000
_SPANS: Final = {"long", "short"}
"""Values that are kept as `1h`, and read as 1 h and 1시간."""
_BOT: Final = "ECP"
_COLOURS: Final = {
    "info": "#4A90D9",
    "warning": "#E8A33D",
    "critical": "#D64545",
    "resolved": "#3C9A5F",
}
_MOST_TEXT: Final = 3000
"""Letters of a message: the shortest limit among the messengers is 4,000."""


def sentence(alert: Alert, language: Language) -> str:
    """Return what an alert says, in one sentence; [SIM] in front where it is simulated."""
    values = {name: _worded(value, language) for name, value in alert.values.items()}
    for name in _SPANS & values.keys():
        values[name] = took(durations.parse(values[name]) / _SECOND, language)
    key = f"alert.rule.{alert.rule}"
    if alert.rule.endswith("_high"):
        key = "alert.rule.threshold"
        values["metric"] = text(f"alert.metric.{alert.values['metric']}", language)
    if "back_to" in values:
        key = "alert.rule.went-back"
    said = text(key, language, tenant=alert.tenant_id, subject=alert.subject, **values)
    if "gone_in_h" in values:
        said += " " + text("alert.gone-in", language, hours=values["gone_in_h"])
    return (SIMULATED if alert.simulated else "") + said


def _worded(value: Any, language: Language) -> Any:
    """Return a value as it stands in a sentence: a text key's text, or what it is in a language."""
    if isinstance(value, Mapping):
        return value.get(language, "")
    return text(value, language) if isinstance(value, str) and is_key(value) else value


def why(alert: Alert, language: Language) -> list[str]:
    """Return what an alert follows from, cause first, a sentence a line; empty where unknown."""
    chain = alert.chain.get(language) or {}
    links = [str(link["text"]) for link in chain.get("links") or () if link.get("text")]
    said = chain.get("sentence")
    return links or ([str(said)] if said else [])


def title(alert: Alert, what: str, language: Language) -> str:
    """Return the first line of a message: severity or that it is over, tenant, rule."""
    word = text(
        f"alert.severity.{what}" if what != "resolved" else "alert.state.resolved", language
    )
    rule = alert.subject if alert.rule == "custom" else text(f"alert.name.{alert.rule}", language)
    mark = SIMULATED if alert.simulated else ""
    return f"{mark}[{word}] {alert.tenant_id}: {rule}"


def telling(alert: Alert, route: AlertRoute, delivery: Delivery) -> Telling:
    """Return the message of a delivery in the route's language."""
    language: Language = "ko" if route.language == "ko" else "en"
    lines = [sentence(alert, language)]
    chain = why(alert, language)
    if chain and delivery.what != "resolved":
        lines += ["", text("alert.why", language), *(f"- {line}" for line in chain)]
    if alert.at:
        lines += ["", text("alert.at", language, at=alert.at)]
    words = "\n".join(lines)[:_MOST_TEXT]
    heading = title(alert, delivery.what, language)
    kind = "resolved" if delivery.what == "resolved" else alert.severity
    body = payload(route.kind, alert, kind, heading, words)
    return Telling(
        route.kind, route.target, f"ecp-alert-{delivery.id}", kind, heading, words, dict(body)
    )


def payload(kind: str, alert: Alert, severity: str, heading: str, words: str) -> Mapping[str, Any]:
    """Return the JSON that a kind of webhook takes; what Apprise words itself is an alert's own."""
    colour = _COLOURS[severity]
    if kind == "naver-works":
        return {"title": heading, "body": {"text": words}}
    if kind == "dooray":
        attachment = {"title": heading, "text": words, "color": colour}
        return {"botName": _BOT, "text": heading, "attachments": [attachment]}
    if kind == "jandi":
        info = {"title": heading, "description": words}
        return {"body": heading, "connectColor": colour, "connectInfo": [info]}
    return {"v": FORMAT, "title": heading, "text": words, "alert": shown(alert)}


def shown(alert: Alert) -> dict[str, Any]:
    """Return an alert as the API gives it: instants as RFC 3339, words in both languages."""
    return {
        "id": alert.id,
        "fingerprint": alert.fingerprint,
        "tenant_id": alert.tenant_id,
        "rule": alert.rule,
        "subject": alert.subject,
        "severity": alert.severity,
        "state": alert.state,
        "message": {"en": sentence(alert, "en"), "ko": sentence(alert, "ko")},
        "why": {"en": why(alert, "en"), "ko": why(alert, "ko")},
        "values": dict(alert.values),
        "simulated": alert.simulated,
        "at": alert.at or None,
        **{
            name: _instant(getattr(alert, name))
            for name in ("began_at", "fired_at", "acknowledged_at", "resolved_at")
        },
        "acknowledged_by": alert.acknowledged_by or None,
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
