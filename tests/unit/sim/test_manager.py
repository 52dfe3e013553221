"""Who hears of a change: by resource, by how far the change went, and who is excepted."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ecp.sim.engine.engine import Engine
from ecp.sim.manager import ANY, Manager
from ecp.sim.plans import NOTHING, Controller, Keys, Reader, nobody
from ecp.sim.store import Change, Key, Store
from ecp.sim.store.store import ALL, FIGURES, QUIET, STATUS


def listener(name: str, watches: Iterable[str], heard: list[str], **more: Any) -> Controller:
    def keys(change: Change, read: Reader) -> Iterable[Key]:
        heard.append(name)
        return ()

    seen: dict[str, Keys] = dict.fromkeys(watches, keys)
    excepted: Mapping[str, Keys] = more.pop("excepted", {})
    return Controller(name, name, {**seen, **excepted}, lambda now, key, read: NOTHING, **more)


@pytest.mark.parametrize(
    ("resource", "reach", "expected"),
    [
        pytest.param(
            "pods", ALL, ["all", "but-quiet", "but-figures", "but-status", "any"], id="a whole pod"
        ),
        pytest.param("pods", STATUS, ["all", "but-quiet", "but-figures", "any"], id="a phase"),
        pytest.param("pods", FIGURES, ["all", "but-quiet", "any"], id="a status of the same phase"),
        pytest.param("pods", QUIET, ["all", "any"], id="a status as ready as before"),
        pytest.param("nodes", ALL, ["any"], id="what nobody named, by who watches everything"),
        pytest.param("events", ALL, [], id="what is excepted from everything"),
    ],
)
def test_who_hears_of_a_change(resource: str, reach: int, expected: list[str]) -> None:
    heard: list[str] = []
    manager = Manager(
        Engine(0),
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        Store(),  # type: ignore[arg-type]
        [
            listener("any", [ANY], heard, excepted={"events": nobody}),
            listener("all", ["pods"], heard),
            listener("but-quiet", ["pods"], heard, deaf={"pods": QUIET}),
            listener("but-figures", ["pods"], heard, deaf={"pods": FIGURES}),
            listener("but-status", ["pods"], heard, deaf={ANY: STATUS}),
        ],
    )
    manager.observe(Change(2, "MODIFIED", resource, ("x", "a"), {}, {}, 0, "", "", (), reach))
    assert heard == expected


def test_who_needs_a_kind_hears_of_others_once_its_namespace_has_one() -> None:
    heard: list[str] = []
    store = Store()
    loops = [
        listener("jobs", ["jobs"], []),
        listener("pods-of-jobs", ["pods"], heard, needs={"pods": "jobs"}),
    ]
    manager = Manager(Engine(0), None, None, store, loops)  # type: ignore[arg-type]
    store.notify = manager.observe

    def put(resource: str, namespace: str, name: str) -> int:
        obj = {"metadata": {"namespace": namespace, "name": name}, "spec": {}}
        heard.clear()
        store.put(resource, (namespace, name), obj, (), at=0, cause="", actor="t")
        return len(heard)

    def delete(namespace: str, name: str) -> None:
        store.delete("jobs", (namespace, name), at=0, cause="", actor="t")

    assert put("pods", "x", "a") == 0
    put("jobs", "y", "j")
    assert (put("pods", "x", "b"), put("pods", "y", "a")) == (0, 1)
    put("jobs", "x", "j")
    assert put("pods", "x", "c") == 1
    delete("y", "j")
    restarted = Manager(Engine(0), None, None, store, loops)  # type: ignore[arg-type]
    store.notify = restarted.observe
    assert (put("pods", "x", "d"), put("pods", "y", "b")) == (1, 0)
    put("jobs", "y", "k")
    delete("y", "k")
    put("pods", "y", "c")
    put("jobs", "y", "l")
    assert put("pods", "y", "d") == 1
