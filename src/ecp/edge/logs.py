"""ECP_LOG=json: what a service has to say as lines of JSON on stdout, requests among them.

Without it a service is silent unless something is wrong: who runs it in a terminal reads that.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

# What asks every few seconds whether the service lives would bury everything else.
_UNSAID: Final = ("/health", "/healthz", "/livez", "/readyz", "/ready")
_ACCESS: Final = "uvicorn.access"


class Lines(logging.Formatter):
    """One object a line; of a request its method, path and status."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == _ACCESS and isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, _, status = record.args
            said |= {"client": client, "method": method, "path": path, "status": status}
        else:
            said["message"] = record.getMessage()
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def _worth_saying(record: logging.LogRecord) -> bool:
    if record.name != _ACCESS or not isinstance(record.args, tuple) or len(record.args) != 5:
        return True
    return str(record.args[2]).partition("?")[0] not in _UNSAID


def to_stdout() -> None:
    """Send every logger's lines to stdout from now on, in place of what they had."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines())
    handler.addFilter(_worth_saying)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # A client of ours says each of its calls; the one who is called says it too.
    logging.getLogger("httpx").setLevel(logging.WARNING)
