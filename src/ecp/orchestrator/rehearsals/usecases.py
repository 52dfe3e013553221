"""Take rehearsals on, carry them out in the background, stop and resume them."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube.yaml import read
from ecp.kube.yamlwriter import dump
from ecp.manifests.hiding import concealed
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Playbook,
    Storage,
    StorageFailed,
    WorkerLost,
)
from ecp.orchestrator.records import AT_WORK, CONTRACT, MODES, Mode, Obj, Rehearsal, Tenant
from ecp.orchestrator.rehearsals import judging, model
from ecp.orchestrator.rehearsals.looking import require
from ecp.slo.contract import judged_by
from ecp.texts import Language

log = logging.getLogger("ecp.orchestrator")

# The option of a tenant that says its demand.
_SHAPE = "shape"
# For how long a process is taken to work on a rehearsal since it said so, and how often it does.
_HELD_NS, _RENEWED_S = 30_000_000_000, 10.0
_FOREVER = 1 << 62
# So many rehearsals that came to their end tell how long the next will take.
_LOOKED_BACK = 8


class Desk:
    """Fulfils `ports.Rehearsals`: what is at work, by mode and id. `close` stops all of it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._at_work: dict[tuple[Mode, int], asyncio.Task[None]] = {}
        self._shares: dict[tuple[Mode, int], dict[str, float]] = {}
        self._keeper: asyncio.Task[None] | None = None

    async def take_on(self, mode: Mode, given: Mapping[str, Any], language: Language) -> Rehearsal:
        """Read a scenario, keep it and begin it. Raises Problem 422 with the place in it."""
        found = await self._read(mode, given, language)
        variants, runs = found["variants"], given["runs"]
        kept = {"variants": variants, "runs": runs, "language": language,
                "assumptions": given["assumptions"]}  # fmt: skip
        kind = _kind(given)
        return await self._open(mode, found["name"], kind, len(variants) * runs, kept)

    async def _open(self, mode: Mode, name: str, kind: str, runs: int, kept: Obj) -> Rehearsal:
        book = (await self._house.storage(mode)).rehearsals
        row = await book.open(
            name=name[:200],
            kind=kind,
            runs=runs,
            asked=kept,
            now=self._house.now(),
            held=(self._house.holder, self._until()),
        )
        self._begin(mode, row)
        return row

    async def check(self, mode: Mode, given: Mapping[str, Any], language: Language) -> Obj:
        """Return what a scenario would be, and how long it will take as those before took.

        Raises Problem 422 with the place in it.
        """
        found = await self._read(mode, given, language)
        variants, runs, kind = found["variants"], given["runs"], _kind(given)
        count = len(variants) * runs
        simulated = judging.simulated_seconds(variants, runs)
        book = (await self._house.storage(mode)).rehearsals
        newest, _ = await book.some(0, _LOOKED_BACK, "done")
        known = [judging.past(row, await book.asked(row.id)) for row in newest]
        done = [row for row in known if row is not None]
        return {
            "name": found["name"],
            "kind": kind,
            "runs": count,
            "variants": judging.shown_variants(found),
            "simulated_seconds": simulated,
            "at_a_time": self._house.stage.seats,
            "estimate": judging.estimate(kind, count, simulated, done, self._house.stage.seats),
        }

    async def again(
        self, mode: Mode, row: Rehearsal, seed: int | None, variant: str, assumptions: bool | None
    ) -> Rehearsal:
        """Rehearse one run of a rehearsal by itself, or all of it once more. Raises Problem."""
        book = (await self._house.storage(mode)).rehearsals
        asked = await book.asked(row.id)
        if assumptions is not None:
            asked = {**asked, "assumptions": assumptions}
        if seed is None:
            return await self._open(mode, row.name, row.kind, row.runs, asked)
        chosen = next((one for one in asked["variants"] if one["name"] == variant), None)
        if chosen is None:
            known = ", ".join(one["name"] for one in asked["variants"])
            raise Problem(404, "VARIANT_NOT_FOUND", "rehearsals.no-variant",
                          name=variant, known=known)  # fmt: skip
        scenario = {**chosen["scenario"], "seed": seed}
        kept = {**asked, "variants": [{**chosen, "scenario": scenario}], "runs": 1}
        return await self._open(mode, f"{row.name} · {seed}", "rehearsal", 1, kept)

    async def _read(self, mode: Mode, given: Mapping[str, Any], language: Language) -> Obj:
        """Return name and variants of a scenario. Raises Problem 422 with the place in it."""
        asked = {
            "work": "read",
            "scenario": _written(given["scenario"]),
            "grid": _written(given["grid"] or ""),
            "files": dict(given["files"]),
            "seed": given["seed"],
            **await self._named(mode, given["scenario"], given["grid"]),
        }
        try:
            found = await self._house.stage.work(asked, _nobody)
        except WorkerLost as error:
            raise Problem(503, "WORKER_LOST", "rehearsals.worker-lost") from error
        if "refused" in found:
            raise judging.refusal(found["refused"], language)
        variants, runs = found["variants"], given["runs"]
        if len(variants) > model.MOST_VARIANTS:
            raise Problem(422, "TOO_MANY_VARIANTS", "rehearsals.too-many-variants",
                          most=model.MOST_VARIANTS, count=len(variants))  # fmt: skip
        if len(variants) * runs > model.MOST_RUNS:
            raise Problem(422, "TOO_MANY_RUNS", "rehearsals.too-many", most=model.MOST_RUNS)
        return found

    async def resume(self, mode: Mode, row: Rehearsal) -> None:
        """Go on with one that stopped: runs that are kept are not made again. Raises Problem."""
        if row.state not in model.STOPPED:
            raise Problem(409, "NOT_STOPPED", "rehearsals.not-stopped", state=row.state)
        book = (await self._house.storage(mode)).rehearsals
        await book.hold([row.id], self._house.holder, self._until())
        await book.change(row.id, state="queued", detail="", ended_at=None)
        self._begin(mode, row)

    async def cancel(self, mode: Mode, row: Rehearsal) -> None:
        """Stop one that is at work; its runs so far are kept. Raises Problem."""
        if row.state not in AT_WORK:
            raise Problem(409, "NOT_AT_WORK", "rehearsals.not-at-work", state=row.state)
        task = self._at_work.get((mode, row.id))
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        book = (await self._house.storage(mode)).rehearsals
        fresh = await require(book, row.id)
        if fresh.state in AT_WORK:
            await book.change(row.id, state="cancelled", ended_at=self._house.now())

    def share(self, mode: Mode, rehearsal_id: int) -> float | None:
        """Return how much of the runs that are at work is done, in runs; None: none is."""
        shares = self._shares.get((mode, rehearsal_id))
        return None if shares is None else sum(shares.values())

    async def recover(self) -> None:
        """Say of what was at work when a process ended that it was interrupted; go on doing so.

        Several may work on one database: what another one holds is left to it.
        """
        for mode in MODES:
            await self._interrupt(mode)
        self._keeper = asyncio.create_task(self._keep())

    async def _interrupt(self, mode: Mode) -> None:
        storage = await self._house.storage(mode)
        # A file is this process's alone: who held something in it is gone.
        now = self._house.now() if storage.shared else _FOREVER
        await storage.rehearsals.interrupt(now, self._house.holder)

    async def _keep(self) -> None:
        """Say again and again that this process works on its rehearsals; drop what others took."""
        while True:
            await asyncio.sleep(_RENEWED_S)
            for mode in MODES:
                try:
                    await self._hold(mode)
                except StorageFailed as error:
                    log.warning("rehearsals: %s", error)

    async def _hold(self, mode: Mode) -> None:
        storage = await self._house.storage(mode)
        mine = [rehearsal_id for of, rehearsal_id in self._at_work if of == mode]
        if mine:
            left = await storage.rehearsals.hold(mine, self._house.holder, self._until())
            for rehearsal_id in mine:
                task = self._at_work.get((mode, rehearsal_id))
                if rehearsal_id not in left and task is not None:
                    task.cancel()  # somebody else said that it is over
        if storage.shared:
            await storage.rehearsals.interrupt(self._house.now(), self._house.holder)

    def _until(self) -> int:
        return self._house.now() + _HELD_NS

    async def close(self) -> None:
        """Stop what is at work; it says so when the process comes back."""
        tasks = list(self._at_work.values())
        if self._keeper is not None:
            tasks.append(self._keeper)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- carrying out -----------------------------------------------------------------------------

    def _begin(self, mode: Mode, row: Rehearsal) -> None:
        key = mode, row.id
        self._shares[key] = {}
        task = asyncio.create_task(self._carry_out(mode, row))
        self._at_work[key] = task
        task.add_done_callback(lambda _: (self._at_work.pop(key), self._shares.pop(key)))

    async def _carry_out(self, mode: Mode, row: Rehearsal) -> None:
        book = (await self._house.storage(mode)).rehearsals
        try:
            await book.change(row.id, state="running")
            asked = await book.asked(row.id)
            if row.kind == "campaign":
                await self._campaign(mode, book, row, asked)
            else:
                await self._single(mode, book, row, asked)
        except _Failed as failed:
            detail = json.dumps(failed.said, ensure_ascii=False)
            await book.change(row.id, state="failed", detail=detail, ended_at=self._house.now())
        except WorkerLost:
            await book.change(
                row.id, state="failed", detail="rehearsals.worker-lost", ended_at=self._house.now()
            )
        except StorageFailed as error:
            log.warning("rehearsal %s: %s", row.id, error)
        finally:
            with suppress(StorageFailed):  # it ends by itself
                await book.let_go(row.id, self._house.holder)

    async def _single(self, mode: Mode, book: Playbook, row: Rehearsal, asked: Obj) -> None:
        found = await self._house.stage.work(
            {
                "work": "play",
                "scenario": asked["variants"][0]["scenario"],
                "language": asked["language"],
                "assumptions": asked["assumptions"],
            },
            partial(self._shares[mode, row.id].__setitem__, "run"),
        )
        await self._conclude(book, row, found)

    async def _campaign(self, mode: Mode, book: Playbook, row: Rehearsal, asked: Obj) -> None:
        variants, records = asked["variants"], await book.runs(row.id)
        order = model.tasks(variants, asked["runs"])
        left = iter([task for task in order if task[0] not in records])

        async def hand() -> None:
            for key, number, seed in left:
                variant = variants[number]
                found = await self._house.stage.work(
                    {
                        "work": "record",
                        "task": [number, variant["name"], seed],
                        "scenario": {**variant["scenario"], "seed": seed},
                    },
                    _nobody,
                )
                if "failed" in found:
                    raise _Failed(found["failed"])
                records[key] = found["record"]
                await book.keep_run(row.id, key, found["record"])

        async with asyncio.TaskGroup() as hands:
            for _ in range(self._house.stage.seats):
                hands.create_task(hand())
        found = await self._house.stage.work(
            {
                "work": "summarize",
                "variants": variants,
                "runs": asked["runs"],
                "records": [records[key] for key, _, _ in order],
            },
            _nobody,
        )
        await self._conclude(book, row, found)

    async def _conclude(self, book: Playbook, row: Rehearsal, found: Obj) -> None:
        if "failed" in found:
            raise _Failed(found["failed"])
        await book.conclude(
            row.id, verdict=found["verdict"], reports=found["reports"], now=self._house.now()
        )

    # -- what a scenario names --------------------------------------------------------------------

    async def _named(self, mode: Mode, scenario: Any, grid: Any) -> Obj:
        """Fetch the tenants and clusters that a scenario, or a variant of it, names."""
        rows = [_object(scenario)]
        variants = _object(grid)
        if isinstance(variants, list):
            rows += [row.get("scenario") for row in variants if isinstance(row, dict)]
        found: Obj = {"tenants": {}, "clusters": {}}
        storage = await self._house.storage(mode)
        for row in rows:
            if not isinstance(row, dict):
                continue
            name, cluster = row.get("tenant"), row.get("cluster")
            if isinstance(name, str) and name not in found["tenants"]:
                tenant = await storage.tenant(name)
                if tenant is not None:
                    found["tenants"][name] = await self._tenant(mode, storage, tenant)
            live = cluster.get("live") if isinstance(cluster, dict) else None
            if isinstance(live, str) and live not in found["clusters"]:
                found["clusters"][live] = await self._cluster(mode, live)
        return found

    async def _tenant(self, mode: Mode, storage: Storage, tenant: Tenant) -> Obj:
        kept = await storage.last_valid_manifest(tenant.tenant_id)
        if kept is None:
            manifest = (await self._house.workflow.generate(mode, tenant, {})).text
        else:
            manifest = kept.text
        contract = tenant.options.get(CONTRACT) or {}
        units = {name: n for name, n in tenant.requirements.items() if n}
        return {
            "namespace": tenant.namespace,
            "units": units,
            "load": contract.get("load") or {},
            "shape": tenant.options.get(_SHAPE),
            "contract": judged_by(contract, units),
            "target_ppm": tenant.target_ppm,
            # A rehearsal is kept and shown, and no password is asked for in it.
            "manifest": concealed(manifest, tenant.tenant_id, await self._house.secret_key()),
        }

    async def _cluster(self, mode: Mode, name: str) -> bytes:
        try:
            return await self._house.simulator(mode).snapshot(name)
        except ClusterUnreachable as error:
            raise Problem(503, "SIMULATOR_UNREACHABLE", "cluster.unreachable",
                          url=error.url, detail=error.detail) from error  # fmt: skip
        except ClusterRefused as error:
            raise Problem(422, "CLUSTER_NOT_FOUND", "rehearsals.no-cluster", name=name,
                          detail=error.message) from error  # fmt: skip


class _Failed(Exception):
    """A run cannot be carried out: a text key and its values."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__(said["key"])
        self.said = dict(said)


def _kind(given: Mapping[str, Any]) -> str:
    return "campaign" if given["runs"] > 1 or given["grid"] is not None else "rehearsal"


def _nobody(share: float) -> None:
    """Nobody is told."""


def _written(given: Any) -> str:
    return given if isinstance(given, str) else dump(given)


def _object(given: Any) -> Any:
    """Return what a text holds, None for no YAML: who reads it properly says why."""
    if not isinstance(given, str):
        return given
    documents = read(given, source="", expand_lists=False)
    return documents[0].object if len(documents) == 1 else None
