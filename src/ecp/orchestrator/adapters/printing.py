"""A worker that prints statements of long periods: it reads the minutes from the database itself.

It is started for one statement and ends with it: months are closed once a month.
"""

import asyncio
import logging

from ecp.edge.workers import Tell, Workers, serve
from ecp.orchestrator.ports import StorageFailed

log = logging.getLogger("ecp.orchestrator")

Asked = tuple[str, object]
"""The URL of a database, and what to print (`sla.printing`)."""

_WORKER = "ecp.orchestrator.adapters.printing"


async def printed(url: str, asked: object) -> object:
    """Have it printed; a worker that is lost on the way is followed by one more.

    Raises StorageFailed where the records cannot be read, or both workers were lost.
    """
    workers = Workers(_WORKER, 1)
    try:
        try:
            found = await workers.work((url, asked))
        except (OSError, EOFError) as error:
            log.warning("a statement is printed again: %s", error)
            found = await workers.work((url, asked))
    except (OSError, EOFError) as error:
        raise StorageFailed(f"a statement could not be printed: {error}") from error
    finally:
        await workers.close()
    if isinstance(found, StorageFailed):
        raise found
    return found


def _work(asked: Asked, tell: Tell) -> object:
    from ecp.orchestrator.adapters.database import Database
    from ecp.orchestrator.sla.printing import in_words

    url, wanted = asked

    async def whole() -> object:
        database = Database(url)
        try:
            await database.open(upgrades=False)
            return await in_words(database, wanted)  # type: ignore[arg-type]
        except StorageFailed as error:
            return StorageFailed(str(error))  # an answer: raised, it would end the worker unheard
        finally:
            await database.close()

    return asyncio.run(whole())


if __name__ == "__main__":
    serve(_work)
