"""What a wish about clusters can be refused for, and how a cluster ends."""

from typing import Any

from ecp.kube.errors import ServiceUnavailable
from ecp.texts import text


class Refused(Exception):
    """A wish about clusters that cannot be granted: HTTP code, error code, text key, values."""

    def __init__(self, status: int, code: str, key: str, **values: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.key = key
        self.values_ = values


class ClusterFailed(ServiceUnavailable):
    """The cluster has stopped: its engine failed, or its disk does not take what must be kept.

    What was answered before is on disk and there again after a restart.
    """

    key = "cluster.failed"

    def __init__(self, name: str, detail: str) -> None:
        self.values_ = {"name": name, "detail": detail}
        super().__init__(text(self.key, "en", **self.values_))
