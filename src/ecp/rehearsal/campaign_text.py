"""A campaign's summary as text for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp.texts import Language, is_key, text

# Names of causes of which the kind says all.
_SAID: Final = ("release", "load")


def render(found: Mapping[str, Any], language: Language) -> str:
    """Return the summary, lines of text, newline at the end."""
    return "\n".join(_lines(found, language)) + "\n"


def chance(row: Mapping[str, Any], language: Language) -> str:
    """Say how likely something is: none of many is told by its bound alone."""
    low, high = f"{row['low'] * 100:.1f}", f"{row['high'] * 100:.1f}"
    key = "none" if not row["hits"] else "all" if row["hits"] == row["runs"] else "some"
    share = f"{row['share'] * 100:.1f}"
    return text(
        f"campaign.chance.{key}",
        language,
        hits=row["hits"],
        runs=row["runs"],
        share=share,
        low=low,
        high=high,
    )


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _spread(row: Mapping[str, Any], unit: str, language: Language) -> str:
    figures = {key: _number(row[key]) for key in ("mean", "low", "high", "least", "most")}
    return text("campaign.spread", language, unit=unit, **figures)


def _lines(found: Mapping[str, Any], language: Language) -> Iterator[str]:
    def say(key: str, **values: Any) -> str:
        return text(f"campaign.{key}", language, **values)

    yield say("head", scenario=found["scenario"], runs=found["runs"])
    for row in found["variants"]:
        yield ""
        first, last = row["seeds"]
        yield say("variant", name=row["variant"], first=first, last=last)
        for key, unit in (
            ("availability", "%"), ("down_seconds", "s"), ("ready_seconds", "s"),
            ("recovery_seconds", "s"),
        ):  # fmt: skip
            if row[key] is not None:
                yield f"  {say(key)}: {_spread(row[key], unit, language)}"
        yield "  " + say(
            "breach", target=f"{row['target']:g}", chance=chance(row["breach"], language)
        )
        yield "  " + say("failed", chance=chance(row["failed"], language))
        for claim in row["hypotheses"]:
            told = chance(claim["broken"], language)
            yield f"  {say('claim', claim=claim['text'], chance=told)}"
        yield from _causes(row, language)
        yield f"  {_signable(row, language)}"
        if row["credits_at_target"] is not None:
            credits = _number(row["credits_at_target"]["mean"])
            yield "  " + say("credits", target=f"{row['target']:g}", percent=credits)
        difference = row.get("against_first")
        if difference is not None:
            yield f"  {say('difference')}: {_spread(difference, say('points'), language)}"
    yield ""
    yield say("digest", digest=found["digest"])


def _causes(row: Mapping[str, Any], language: Language) -> Iterator[str]:
    for rank, cause in enumerate(row["causes"], 1):
        key = f"campaign.cause.{cause['kind']}"
        kind = text(key, language) if is_key(key) else cause["kind"]
        yield "  " + text(
            "campaign.cause",
            language,
            rank=rank,
            name=kind if cause["name"] in _SAID else f"{kind} {cause['name']}".rstrip(),
            seconds=_number(cause["seconds_a_run"]),
            share=f"{cause['share'] * 100:.1f}",
            runs=cause["runs"],
        )


def _signable(row: Mapping[str, Any], language: Language) -> str:
    found = row["signable"]
    if found["target"] is not None:
        percent = _number(found["credits"]["mean"]) if found["credits"] else "-"
        return text("campaign.signable", language, target=f"{found['target']:.4f}", percent=percent)
    if found["needs_runs"] is None:
        return text("campaign.unsignable", language)
    return text("campaign.too-few", language, runs=found["needs_runs"])
