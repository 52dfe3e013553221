"""Where a campaign's runs are made: here, by processes of this machine, by Dask's of many.

A record is a function of its task, and a summary one of records in order: what comes out is the
same wherever they were made.
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final

from ecp import __version__
from ecp.cli.output import Failure
from ecp.rehearsal.campaign import Campaign, Record, Task, one_run

SCHEMES: Final = ("tcp://", "tls://", "inproc://")
_CONNECT_S: Final = 10
_AHEAD: Final = 2
"""So many tasks a process are handed out: none waits, and none is far ahead."""


def carried_out(
    campaign: Campaign, tasks: list[Task], jobs: int, on: str = ""
) -> Iterator[tuple[Task, Record]]:
    """Yield each task with its record, as they come.

    jobs  processes of this machine
    on    the address of a Dask scheduler, "" = none; then *jobs* says nothing

    Raises FaultRefused; Failure where Dask is missing, does not answer or runs another version.
    """
    if on:
        return _by_dask(campaign, tasks, on)
    if jobs == 1 or len(tasks) < 2:
        return ((task, one_run(task, campaign.plain(task))) for task in tasks)
    return _by_processes(campaign, tasks, jobs)


def _by_processes(
    campaign: Campaign, tasks: list[Task], jobs: int
) -> Iterator[tuple[Task, Record]]:
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn"))
    left = iter(tasks)
    at_work: dict[Future[Record], Task] = {}
    try:
        while True:
            for task in islice(left, _AHEAD * jobs - len(at_work)):
                at_work[pool.submit(one_run, task, campaign.plain(task))] = task
            if not at_work:
                return
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                yield at_work.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _by_dask(campaign: Campaign, tasks: list[Task], on: str) -> Iterator[tuple[Task, Record]]:
    if not on.startswith(SCHEMES):
        raise Failure("campaign.on", 2, value=on)
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise Failure("campaign.no-dask", 2) from error
    try:
        client: Any = Client(on, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise Failure("campaign.no-scheduler", 7, address=on) from error
    with client:
        versions = client.run(version)
        if not versions:
            raise Failure("campaign.no-workers", 7, address=on)
        for worker, found in sorted(versions.items()):
            if found != __version__:
                raise Failure(
                    "campaign.other-version", 5, worker=worker, found=found, own=__version__
                )
        left = iter(tasks)
        at_work: dict[Any, Task] = {}

        def more() -> list[Any]:
            new = {
                client.submit(one_run, task, campaign.plain(task), pure=False): task
                for task in islice(left, _AHEAD * sum(client.nthreads().values()) - len(at_work))
            }
            at_work.update(new)
            return list(new)

        coming = as_completed(more(), loop=client.loop)
        for future in coming:
            yield at_work.pop(future), future.result()
            for new in more():
                coming.add(new)


def version() -> str:
    """Return which ECP a worker has."""
    return __version__
