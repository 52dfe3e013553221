"""The queue against its own definition: whoever is ready, sorted, a few at a time."""

from hypothesis import example, given
from hypothesis import strategies as st
from scheduler_stage import pod_object

from ecp.sim.scheduler.queue import SECOND, Entry, Queue, State
from ecp.sim.scheduler.templates import Templates

TEMPLATE = Templates().of(pod_object("p"))

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "again", "drop", "fails", "moves", "try"]),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    min_size=10,
    max_size=60,
)


def place(entry: Entry, now: int) -> tuple[int, int, int, int]:
    """Return where an entry stands: the active first, then who backs off longest last."""
    over = entry.backoff_until() if entry.state is State.BACKING_OFF else 0
    return (over if over > now else 0, -entry.priority, entry.since, entry.sequence)


@example([("new", 0, 0), ("new", 1, 0), ("again", 0, 0), ("try", 0, 0)])
@given(STEPS)
def test_the_first_few_are_the_first_few_of_all_that_are_ready(
    steps: list[tuple[str, int, int]],
) -> None:
    queue, now = Queue(), 100 * SECOND
    for step, number, priority in steps:
        now += SECOND // 4
        key = ("default", f"p{number}")
        entry = queue.get(key)
        if step == "new":
            queue.new(key, pod_object(key[1], {"priority": priority}), TEMPLATE, now)
        elif step == "try":
            wanted = sorted(queue.ready.values(), key=lambda e: place(e, now))[:3]
            found = queue.due(now, 3)
            assert [e.key for e in found] == [e.key for e in wanted]
            for tried in found:
                queue.drop(tried.key)
        elif entry is None:
            continue
        elif step == "again":
            entry.since, entry.priority = now, priority
            queue.add(entry)
        elif step == "drop":
            queue.drop(key)
        elif step == "fails":
            entry.state, entry.since, entry.tries = State.UNSCHEDULABLE, now, entry.tries + 1
            queue.add(entry)
        else:
            queue.move(entry)
