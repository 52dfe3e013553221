"""Recorded exchanges that are not equal here, each with its reason.

A reason that is no longer needed is taken away: the unit tests say so.
"""

from typing import Final

AGE: Final = "the binder had looked at the claim once, here it has twice"
DEVICES: Final = "dynamic resource allocation is refused, with a reason"
DRAWN: Final = "what comes first in the list was drawn"
ELSEWHERE: Final = "shows objects that other sequences of the recording left behind"
LEASE: Final = "a kubelet's Lease is owned by its Node; the recorded stand-in's was not"
METRICS: Final = "the recorded cluster had no metrics API, which is served here"
POLICY: Final = "nobody checks the types of a ValidatingAdmissionPolicy and says so in its status"
PROTOBUF: Final = "answers are JSON; a client that prefers protobuf takes it"
RACE: Final = "how many changes a controller sees at once is a race"
STRUCTS: Final = "the server prints its own structs, we the API's fields"
WALK: Final = "the server stops at some unknown field while it walks a map in random order"

REASONS: Final[dict[str, dict[int, str]]] = {
    "crd": {48: PROTOBUF},
    "ctl-deployment": {3: RACE, 9: RACE},
    "ctl-misc": {7: METRICS, 11: AGE, 16: LEASE},
    "errors-http": {14: ELSEWHERE, 31: PROTOBUF},
    "field-validation": {18: WALK, 19: WALK},
    "openapi-v3": {10: PROTOBUF},
    "put-rules": {8: STRUCTS, 56: STRUCTS},
    "service": {44: DRAWN},
    "storage": {5: STRUCTS, 6: STRUCTS, 17: STRUCTS},
    "tables": {
        **dict.fromkeys(range(111, 119), DEVICES),
        62: DRAWN,
        95: POLICY,
    },
    "watch-start": {28: ELSEWHERE},
}
"""By the id of a sequence and the number of an exchange."""

SAMPLE: Final = "progress lines and events of one moment are a sample of a race"
PLACES: Final = "which node a pod landed on, and what nodes say of themselves"
UNSAID: Final = "kubectl sends no token over plain HTTP"
MACHINE: Final = "of the machine or the user of the recording"

KUBECTL: Final[dict[str, dict[int, str]]] = {
    "applying": {},
    "creating": {},
    "rollouts": {
        **dict.fromkeys((4, 13, 19, 25, 28, 37, 55, 56, 57, 58, 60), SAMPLE),
        61: "sorted by hashes, one of which depends on the second of a restart",
    },
    "waiting": {
        10: "kubectl warns, or not, of a watch that its own timeout cut within a second: a race",
    },
    "zoo": {
        20: "how much of a quota is used hangs on which pods have ended by then",
        **dict.fromkeys((1, 2, 3, 6, 7, 8, 33, 34, 46), SAMPLE),
        **dict.fromkeys((4, 5, 40, 73, 74, 93, 94, 95, 97), PLACES),
        **dict.fromkeys((28, 29, 31, 32), SAMPLE),
        **dict.fromkeys((36, 38), "versions count what the cluster wrote; who wrote last is last"),
        76: "an autoscaler without metrics shows another number here",
        77: "how often an event came is a matter of time",
        87: "a date that the masks of the recording do not cover",
    },
    "clusterlevel": {
        **dict.fromkeys((4, 5, 40), "ServiceMonitor is always served here"),
        43: UNSAID,
        31: "the recorded server could not reach parts that all are well here",
        **dict.fromkeys((12, 24, 47, 61), MACHINE),
        **dict.fromkeys((32, 41), "shows what happened in other blocks of the recording"),
    },
}
"""By the name of a block of kubectl commands and the number of a step."""
