"""What is kept of rehearsals, as it is looked at: one, its runs, its course, two side by side."""

import json

from ecp.edge.problems import Problem
from ecp.orchestrator.ports import Playbook
from ecp.orchestrator.records import Obj, Rehearsal
from ecp.orchestrator.rehearsals import judging, model
from ecp.texts import Language, text


async def require(book: Playbook, rehearsal_id: int) -> Rehearsal:
    """Return the rehearsal. Raises Problem 404."""
    row = await book.one(rehearsal_id)
    if row is None:
        raise Problem(404, "REHEARSAL_NOT_FOUND", "rehearsals.unknown", id=rehearsal_id)
    return row


async def course_of(book: Playbook, row: Rehearsal, language: Language) -> Obj:
    """Return what happened in a rehearsal of one run. Raises Problem 404, 409 before its end."""
    if row.state != "done":
        raise Problem(409, "REHEARSAL_NOT_DONE", "rehearsals.not-done", state=row.state)
    body = await book.report(row.id, "course", language)
    if body is None:
        raise Problem(404, "NO_COURSE", "rehearsals.no-course", id=row.id)
    found: Obj = json.loads(body)
    return found


async def likeness(book: Playbook, first: Rehearsal, second: Rehearsal) -> Obj:
    """Return whether two came out the same, byte for byte, and the first value that differs.

    `identical` None: one is not done, or was made before digests were kept.
    """
    digests = [row.verdict.get("digest") for row in (first, second)]
    known = first.kind == second.kind and all(digests)
    found: Obj = {
        "digests": dict(zip(("first", "second"), digests, strict=True)),
        "identical": digests[0] == digests[1] if known else None,
        "first_difference": None,
    }
    if found["identical"] is False:
        bodies = [
            json.loads(await book.report(row.id, "json", (await book.asked(row.id))["language"])
                       or b"null")
            for row in (first, second)
        ]  # fmt: skip
        found["first_difference"] = judging.differing(*bodies)
    return found


async def runs_of(book: Playbook, row: Rehearsal) -> list[Obj]:
    """Return the runs that were made so far, in the order of the tasks."""
    asked = await book.asked(row.id)
    if row.kind == "campaign":
        records = await book.runs(row.id)
        tasks = model.tasks(asked["variants"], asked["runs"])
        return [judging.shown_run(records[key]) for key, _, _ in tasks if key in records]
    body = await book.report(row.id, "json", asked["language"])
    if body is None:
        return []
    record = judging.record_of(json.loads(body), asked["variants"][0]["name"])
    return [judging.shown_run(record)]


def detail_of(row: Rehearsal, language: Language) -> str:
    """Return in words why a rehearsal stopped, "" where it did not."""
    if not row.detail:
        return ""
    if row.detail.startswith("{"):
        said = json.loads(row.detail)
        return text(said["key"], language, **said["values"])
    return text(row.detail, language)
