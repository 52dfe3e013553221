"""The figures that decision 0010 chose, as the data has them; ids are the numbers of its table."""

from typing import Any

import pytest

from ecp.workloads.offers import offers
from ecp.workloads.packing import FULL, RESERVED_CPU, RESERVED_MEMORY
from ecp.workloads.profiles import profiles
from ecp.workloads.sizing import GIB, KEPT_DAYS


def _nodes(provider: str) -> dict[str, Any]:
    return {machine.name: machine for machine in offers()[provider].machines}


def _requests(workload: str, to: str) -> float:
    return next(call.requests for call in profiles()[workload].calls if call.to == to)


def _demand(workload: str) -> Any:
    return profiles()[workload].demand


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        pytest.param(
            lambda: _demand("chatbot").sessions * _requests("chatbot", "nlp"), 28.8, id="N1 to NLP"
        ),
        pytest.param(
            lambda: _demand("chatbot").sessions * _requests("chatbot", "aicm"), 2.88,
            id="N1 to AICM",
        ),
        pytest.param(
            lambda: sum(1 for weight in _demand("chatbot").weights if weight), 24,
            id="N3 a chatbot serves round the clock",
        ),
        pytest.param(
            lambda: [profiles()["tts"].service.streams[kind] for kind in ("t4", "v100", "l40s")],
            [int(base / 0.7) for base in (10, 30, 40)],
            id="N4 a cache that hits in 30 %",
        ),
        pytest.param(
            lambda: sorted({m.gpu for row in offers().values() for m in row.machines if m.gpu}),
            ["a10g", "l4", "l40s", "t4", "v100"],
            id="N6 what can be bought has figures",
        ),
        pytest.param(
            lambda: all(row.hours == 730 for row in offers().values()), True, id="N8 730 hours"
        ),
        pytest.param(
            lambda: {m.memory // m.cores for m in offers()["ncp"].machines}, {4 * GIB},
            id="N9 4 GB a vCPU",
        ),
        pytest.param(
            lambda: [hour for hour, weight in enumerate(_demand("ta").weights) if weight],
            [2, 3, 4],
            id="N10 a nightly batch from two to five",
        ),
        pytest.param(lambda: profiles()["ta"].resources.request_cpu, 0.3, id="N10 core-seconds"),
        pytest.param(
            lambda: profiles()["qa"].service.threads, 10, id="N11 ten at once on its core"
        ),
        pytest.param(
            lambda: profiles()["stt"].resources.slot_cpu, 154, id="N12 6.5 channels a core"
        ),
        pytest.param(lambda: KEPT_DAYS, 90, id="N13 a day's storage for 90 days"),
        pytest.param(
            lambda: [FULL, RESERVED_CPU, RESERVED_MEMORY], [0.85, 300, GIB], id="node pools"
        ),
    ],
)  # fmt: skip
def test_what_was_decided_is_what_holds(found: Any, chosen: Any) -> None:
    assert found() == pytest.approx(chosen) if isinstance(chosen, float) else found() == chosen
