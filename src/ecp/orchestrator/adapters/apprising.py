"""What speaks through Apprise: a process of its own that says one message and ends.

Apprise takes half a second and forty megabytes to load, and alerts are rare: the service has
neither. It is asked on standard input ({url, title, text, severity} as JSON, so that no secret
stands in a list of processes), and answers {ok, lasting, detail} on standard output.
"""

import json
import logging
import sys
from typing import Any, Final

_TYPES: Final = {"info": "info", "warning": "warning", "critical": "failure", "resolved": "success"}


def say(asked: dict[str, Any]) -> dict[str, Any]:
    """Say a message through Apprise; return whether it went, and what was said against it."""
    import apprise

    speaker = apprise.Apprise()
    with apprise.LogCapture(level=logging.WARNING) as heard:
        if not speaker.add(asked["url"]):
            return {"ok": False, "lasting": True, "detail": "Apprise does not know this URL"}
        went = speaker.notify(
            title=asked["title"],
            body=asked["text"],
            notify_type=_TYPES[asked["severity"]],
            body_format="text",
        )
        detail = _last_line(heard.getvalue())
    return {"ok": bool(went), "lasting": False, "detail": detail}


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def main() -> None:
    """Answer the one question on standard input."""
    try:
        answer = say(json.load(sys.stdin))
    except ImportError:
        answer = {"ok": False, "lasting": True, "detail": "Apprise is not installed"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
