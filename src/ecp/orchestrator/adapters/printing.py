"""A worker that prints statements of long periods: it reads the minutes from the database itself.

It is started for one statement and ends with it: months are closed once a month.
"""

import asyncio

from ecp.edge.workers import Tell, Workers, serve

Asked = tuple[str, object]
"""The URL of a database, and what to print (`sla.printing`)."""

_WORKER = "ecp.orchestrator.adapters.printing"


async def printed(url: str, asked: object) -> object:
    """Have it printed. Raises OSError or EOFError when the worker dies of it."""
    workers = Workers(_WORKER, 1)
    try:
        return await workers.work((url, asked))
    finally:
        await workers.close()


def _work(asked: Asked, tell: Tell) -> object:
    from ecp.orchestrator.adapters.database import Database
    from ecp.orchestrator.sla.printing import in_words

    url, wanted = asked

    async def whole() -> object:
        database = Database(url)
        await database.open(upgrades=False)
        try:
            return await in_words(database, wanted)  # type: ignore[arg-type]
        finally:
            await database.close()

    return asyncio.run(whole())


if __name__ == "__main__":
    serve(_work)
