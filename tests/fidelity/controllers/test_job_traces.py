"""Jobs and CronJobs recorded from a real 1.36.2 control plane, played on the simulated one.

Compared are every status that was written, in order, and every Event, word for word; names that
were drawn and instants are left out, the uids of uncounted pods are counted. `h` and `l` have what
is ordinary, `o` the policies: failures by index, by exit code, success by index, replacement,
suspension, scaling, deletion in each manner, a Job that another manages, concurrency of CronJobs;
`p` has pods deleted by hand beside others that run: the status is silent until the wait is over.
"""

import json
import re
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from controller_replay import TRACES, trace
from replay.player import Trace, pick_nodes, played, recorded
from replay.rows import Row

from ecp.sim.store import Obj

_TIMES = ("startTime", "completionTime", "lastScheduleTime", "lastSuccessfulTime")
_POD = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
_MINUTE = re.compile(r"-\d{8}\b")


@cache
def both(name: str) -> tuple[Trace, Trace]:
    scenario = trace(name)
    nodes = json.loads((TRACES / "nodes.json").read_text())
    return recorded(scenario), played(scenario, pick_nodes(nodes, scenario), 1)


def plain(text: str) -> str:
    """A name or message without what was drawn in it."""
    return _POD.sub("-#", _MINUTE.sub("-@", text))


def said(row: Row) -> tuple[str, Obj]:
    status = {k: v for k, v in row["status"].items() if k != "conditions"}
    for field in _TIMES:
        if field in status:
            status[field] = "set"
    uncounted = status.get("uncountedTerminatedPods")
    if uncounted is not None:
        status["uncountedTerminatedPods"] = {k: len(v) for k, v in uncounted.items()}
    if isinstance(status.get("active"), list):
        status["active"] = [plain(one["name"]) for one in status["active"]]
    found = row["status"].get("conditions") or ()
    conditions = [[c["type"], c["status"], c["reason"], plain(c["message"])] for c in found]
    return row["ev"], {**status, "conditions": conditions}


def statuses(found: Trace, kind: str) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {}
    for row in found.rows:
        if row["kind"] == kind:
            rows.setdefault(row["name"], []).append(said(row))
    return rows


def events(found: Trace) -> dict[str, list[Any]]:
    """(change, type, reason, message, count, source) of each Event by its object.

    Pods of one sync are created and deleted side by side: whose Event is first is a race.
    """
    rows: dict[str, list[Any]] = {}
    for row in found.rows:
        if row["kind"] == "Event" and not row["obj"].startswith("Pod/"):
            fields = (row["ev"], row["etype"], row["reason"], plain(row["msg"]), row["count"])
            rows.setdefault(row["obj"], []).append((*fields, row["src"]))
    return {about: _settled(listed) for about, listed in rows.items()}


def _settled(listed: list[Any]) -> list[Any]:
    """Rows of one reason in a row are sorted."""
    found: list[Any] = []
    run: list[Any] = []
    for row in listed:
        if run and run[-1][2] != row[2]:
            found += sorted(run)
            run = []
        run.append(row)
    return found + sorted(run)


@pytest.mark.parametrize("name", ["h", "l", "o", "p"])
@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_every_status_that_was_written_is_the_recorded_one(name: str, kind: str) -> None:
    then, now = (statuses(one, kind) for one in both(name))
    assert list(then) or (name, kind) in (("h", "CronJob"), ("p", "CronJob"))
    for about, rows in then.items():
        assert now.get(about) == rows, about
    assert now.keys() == then.keys()


@pytest.mark.parametrize("name", ["h", "l", "o", "p"])
def test_every_event_is_the_recorded_one_word_for_word(name: str) -> None:
    then, now = (events(one) for one in both(name))
    for about, rows in then.items():
        assert now.get(about) == rows, about
    assert now.keys() == then.keys()


def test_the_pods_of_a_failing_job_are_as_far_apart_as_recorded() -> None:
    def gaps(found: Trace) -> list[int]:
        made = [r["t"] for r in found.rows if r["ev"] == "ADDED" and r.get("owner") == "Job/fail"]
        return [round(after - before) for before, after in pairwise(made)]

    then, now = (gaps(one) for one in both("h"))
    assert now == then == [10, 20]
