"""Recorded exchanges that are not equal here, each with its reason.

A reason that is no longer needed is taken away: the unit tests say so.
"""

import re
from typing import Final

AGE: Final = "the binder had looked at the claim once, here it has twice"
DEVICES: Final = "dynamic resource allocation is refused, with a reason"
DRAWN: Final = "what comes first in the list was drawn"
ELSEWHERE: Final = "shows objects that other sequences of the recording left behind"
LEASE: Final = "a kubelet's Lease is owned by its Node; the recorded stand-in's was not"
METRICS: Final = "the recorded cluster had no metrics API, which is served here"
PROTOBUF: Final = "answers are JSON; a client that prefers protobuf takes it"
RACE: Final = "how many changes a controller sees at once is a race"
BUILD: Final = "the recorded server's build mounts one certificate more in its pods"
WALK: Final = "the server stops at some unknown field while it walks a map in random order"

REASONS: Final[dict[str, dict[int, str]]] = {
    "crd": {48: PROTOBUF},
    "ctl-deployment": {3: RACE, 9: RACE},
    "ctl-misc": {7: METRICS, 11: AGE, 16: LEASE},
    "errors-http": {14: ELSEWHERE, 31: PROTOBUF},
    "field-validation": {18: WALK, 19: WALK},
    "openapi-v3": {10: PROTOBUF},
    "put-rules": {8: BUILD},
    "service": {44: DRAWN},
    "tables": {
        **dict.fromkeys(range(111, 119), DEVICES),
        62: DRAWN,
    },
    "watch-start": {28: ELSEWHERE},
}
"""By the id of a sequence and the number of an exchange."""

_SEEN: Final = (
    (
        r"content-type: want \['application/vnd\.kubernetes\.protobuf|^status 200 wanted, got 406",
        PROTOBUF,
    ),
    (r"^ ?\S+ /apis/resource\.k8s\.io/", DEVICES),
    (r"want .*pod updates may not change fields.*service-ca\.crt", BUILD),
    (r"want \"failed to create typed patch object .*field not declared in schema", WALK),
    (r" /apis/networking\.k8s\.io/v1/ipaddresses", DRAWN),
)
"""What a difference looks like, and its reason: for recordings whose numbers nobody knows."""


def seen(request: str, difference: str) -> str:
    """Return the reason that a difference shows by itself; "" where it shows none."""
    for pattern, reason in _SEEN:
        if re.search(pattern, difference) or re.search(pattern, f" {request}"):
            return reason
    return ""


SAMPLE: Final = "progress lines and events of one moment are a sample of a race"
PLACES: Final = "which node a pod landed on, and what nodes say of themselves"
UNSAID: Final = "kubectl sends no token over plain HTTP"
PREFIX: Final = "kubectl 1.32 leaves out the path of a server's address where it asks --raw"
MACHINE: Final = "of the machine or the user of the recording"

KUBECTL: Final[dict[str, dict[int, str]]] = {
    "applying": {},
    "creating": {},
    "rollouts": {},
    "waiting": {},
    "zoo": {
        20: "how much of a quota is used hangs on which pods have ended by then",
        **dict.fromkeys((1, 2, 3, 6, 7, 8, 33, 34, 46), SAMPLE),
        **dict.fromkeys((65, 66), PREFIX),
        **dict.fromkeys((74, 94), PLACES),
        95: LEASE,
        76: "an autoscaler without metrics shows another number here",
        77: "how often an event came is a matter of time",
    },
    "clusterlevel": {
        43: UNSAID,
        **dict.fromkeys((12, 47), MACHINE),
        **dict.fromkeys((32, 41), "shows what happened in other blocks of the recording"),
    },
}
"""By the name of a block of kubectl commands and the number of a step."""
