"""Who asks whom: what runs along the edges adds up to what the workloads are offered."""

import pytest

from ecp.sim.traffic.edges import Edge, edges
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.model import MILLION, Link, Node, Offer, Seen
from ecp.slo.slots import SLOT_SECONDS

from .test_model import WELL, node


def met(*nodes: Node, rate: float = 10.0) -> dict[tuple[str, str], Edge]:
    entering = [Offer(0.0, rate if one.entry else 0.0) for one in nodes]
    found = edges(nodes, entering, evaluate(nodes, entering, bad_ratio_ppm=100_000))
    return {(edge.caller, edge.called): edge for edge in found}


def test_what_runs_along_the_edges_is_what_workloads_are_offered() -> None:
    nodes = (
        node("bot", entry=True, links=(Link(1, 0.0, 2.0, "nlp"), Link(2, 0.0, 1.0, "db"))),
        node("nlp", links=(Link(2, 0.0, 3.0, "db"),)),
        node("db"),
    )
    entering = [Offer(0.0, 10.0 if one.entry else 0.0) for one in nodes]
    results = evaluate(nodes, entering, bad_ratio_ppm=100_000)
    found = edges(nodes, entering, results)
    for result in results:
        came = sum(edge.rate for edge in found if edge.called == result.name)
        assert came * SLOT_SECONDS * MILLION == pytest.approx(result.offered, abs=1)
    assert [edge.caller for edge in found] == ["", "bot", "bot", "nlp"]


@pytest.mark.parametrize(
    ("link", "callee", "failing", "reason"),
    [
        pytest.param(Link(1, 0.0, 1.0, "nlp"), {}, 0.0, "", id="all is well"),
        pytest.param(
            Link(1, 0.0, 1.0, "nlp"),
            {"listed": 4, "dead": Seen("refused", "f1")},
            0.5,
            "refused",
            id="half of the endpoints are dead",
        ),
        pytest.param(
            Link(1, 0.0, 1.0, "nlp", cut=Seen("policy", "f2")), {}, 1.0, "policy", id="cut off"
        ),
        pytest.param(
            Link(1, 0.0, 1.0, "nlp", parted=0.25, line=Seen("line", "f3")),
            {},
            0.25,
            "line",
            id="a line that loses a quarter",
        ),
        pytest.param(Link(None, 0.0, 1.0, "nlp"), {}, 1.0, "no-such-name", id="a host of nobody"),
    ],
)
def test_an_edge_says_what_fails_on_it_and_why(
    link: Link, callee: dict[str, object], failing: float, reason: str
) -> None:
    nodes = (
        node("bot", entry=True, links=(link,)),
        node("nlp", (WELL, WELL), **callee),  # type: ignore[arg-type]
    )
    edge = met(*nodes)["bot", "nlp"]
    assert (edge.failing, edge.seen.reason) == (pytest.approx(failing, abs=1e-3), reason)


def test_a_bad_line_makes_calls_later_and_who_answers_nobody_takes_no_time() -> None:
    plain = met(node("bot", entry=True, links=(Link(1, 0.0, 1.0, "nlp"),)), node("nlp"))
    slow = met(node("bot", entry=True, links=(Link(1, 0.0, 1.0, "nlp", slow=0.2),)), node("nlp"))
    assert slow["bot", "nlp"].mean == pytest.approx(plain["bot", "nlp"].mean + 200)
    gone = met(node("bot", entry=True, links=(Link(None, 0.0, 1.0, "x"),)))
    assert (gone["bot", "x"].mean, gone["bot", "x"].p95) == (0.0, 0.0)
