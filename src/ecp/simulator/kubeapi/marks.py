"""What every answer carries besides what was asked for: an audit id, and who queued it.

Source: apiserver pkg/endpoints/filters/audit_init.go, pkg/server/filters/priority-and-fairness.go,
pkg/endpoints/handlers/negotiation (pretty printing).
"""

from typing import Final

import orjson

from ecp.edge.problems import new_id
from ecp.sim.access import User
from ecp.sim.store import Store
from ecp.simulator.kubeapi.wire import JSON, Call, Message, Reply, Send

Headers = list[tuple[bytes, bytes]]
_FLOWS: Final = (
    ("system:masters", "exempt"),
    ("system:nodes", "system-nodes"),
    ("system:serviceaccounts:kube-system", "kube-system-service-accounts"),
    ("system:serviceaccounts", "service-accounts"),
    ("system:authenticated", "global-default"),
)
"""By the groups of who asks, the FlowSchema that takes the request; the first that fits."""
_SCHEMAS: Final = "flowschemas.flowcontrol.apiserver.k8s.io"
_LEVELS: Final = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"
_BROWSERS: Final = ("curl", "Wget", "Mozilla/5.0")
_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True")


def marked(send: Send, call: Call, store: Store | None) -> Send:
    """Return *send*, but for the marks that it gives to the start of an answer."""
    asked = call.header(b"audit-id").encode("latin-1") or new_id().encode()

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            marks: Headers = [(b"audit-id", asked)]
            if store is not None and message["status"] != 401:
                marks += _flow(store, call.asker)
            message = {**message, "headers": [*message["headers"], *marks]}
        await send(message)

    return sending


def _flow(store: Store, asker: User) -> Headers:
    named = next((flow for group, flow in _FLOWS if group in asker.groups), "catch-all")
    schema = store.get(_SCHEMAS, "", named)
    if schema is None:
        return []
    level = store.get(_LEVELS, "", schema["spec"]["priorityLevelConfiguration"]["name"])
    found = [(b"x-kubernetes-pf-flowschema-uid", schema["metadata"]["uid"].encode())]
    if level is not None:
        found.append((b"x-kubernetes-pf-prioritylevel-uid", level["metadata"]["uid"].encode()))
    return found


def is_pretty(call: Call) -> bool:
    """Whether the answer is for people: pretty=, else whether a browser or curl asks."""
    said = call.get("pretty")
    if said:
        return said in _TRUE
    return call.header(b"user-agent").startswith(_BROWSERS)


def prettied(answer: Reply) -> Reply:
    """Return *answer* with its JSON indented."""
    if answer.content_type != JSON or not answer.body:
        return answer
    body = orjson.dumps(orjson.loads(answer.body), option=orjson.OPT_INDENT_2)
    return answer._replace(body=body)
