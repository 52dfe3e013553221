"""Recorded exchanges that are not equal here, each with its reason.

A reason that is no longer needed is taken away: the unit tests say so.
"""

from typing import Final

AGE: Final = "the binder had looked at the claim once, here it has twice"
DEVICES: Final = "dynamic resource allocation is refused, with a reason"
DRAWN: Final = "what comes first in the list was drawn"
ELSEWHERE: Final = "shows objects that other sequences of the recording left behind"
HEALTHY: Final = "the recorded server could not reach parts that all are well here"
HASH: Final = "the hash in the address is that of our document, and the address our cluster's"
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
    "lease-event": {30: HEALTHY},
    "openapi-v3": {7: HASH, 10: PROTOBUF},
    "put-rules": {8: STRUCTS, 56: STRUCTS},
    "service": {44: DRAWN},
    "storage": {5: STRUCTS, 6: STRUCTS, 17: STRUCTS},
    "tables": {
        **dict.fromkeys((1, 2, 132), HEALTHY),
        **dict.fromkeys(range(111, 119), DEVICES),
        62: DRAWN,
        95: POLICY,
    },
    "watch-start": {28: ELSEWHERE},
}
"""By the id of a sequence and the number of an exchange."""
