"""Who hears of a change: by resource, by how far the change went, and who is excepted."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ecp.sim.engine.engine import Engine
from ecp.sim.manager import ANY, Manager
from ecp.sim.plans import NOTHING, Controller, Keys, Reader, nobody
from ecp.sim.store import Change, Key, Store
from ecp.sim.store.store import ALL, FIGURES, STATUS


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
        pytest.param("pods", ALL, ["all", "but-figures", "but-status", "any"], id="a whole pod"),
        pytest.param("pods", STATUS, ["all", "but-figures", "any"], id="a phase"),
        pytest.param("pods", FIGURES, ["all", "any"], id="a status of the same phase"),
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
            listener("but-figures", ["pods"], heard, deaf={"pods": FIGURES}),
            listener("but-status", ["pods"], heard, deaf={ANY: STATUS}),
        ],
    )
    manager.observe(Change(2, "MODIFIED", resource, ("x", "a"), {}, {}, 0, "", "", (), reach))
    assert heard == expected
