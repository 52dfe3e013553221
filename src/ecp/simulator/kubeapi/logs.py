"""pods/log: what a container would have written, told from what happened to it.

No program runs, so no line is invented: the lines say when the container started, became ready
and ended, at the simulated instants at which it did.

Source: kubernetes pkg/registry/core/pod/strategy.go LogLocation, pkg/kubelet/kubelet_pods.go.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ecp.kube.errors import BadRequest, FieldError, Invalid, forbidden, invalid
from ecp.kube.kinds import PODS
from ecp.kube.times import nanoseconds, rfc3339, time_complaint
from ecp.sim.store import Obj
from ecp.simulator.kubeapi import reading
from ecp.simulator.kubeapi.hosting import Closed, Hosted
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import TEXT, Call, Receive, Reply

_SECOND: Final = 1_000_000_000


class Line(NamedTuple):
    """One line of a log at an instant (ns)."""

    at: int
    text: str


def container_name(pod: Obj, asked: str) -> str:
    """Return the container whose log is meant. Raises BadRequest in the server's words."""
    spec = pod["spec"]
    names = [one["name"] for one in spec["containers"]]
    every = [one["name"] for one in _containers(pod)]
    pod_name = pod["metadata"]["name"]
    if not asked:
        if len(names) == 1:
            return str(names[0])
        listed = f"[{' '.join(names)}]"
        inits = spec.get("initContainers")
        if inits:
            shown = " ".join(one["name"] for one in inits)
            listed += f" or one of the init containers: [{shown}]"
        raise BadRequest(
            f"a container name must be specified for pod {pod_name}, choose one of: {listed}"
        )
    if asked not in every:
        raise BadRequest(f"container {asked} is not valid for pod {pod_name}")
    return asked


def _containers(pod: Obj) -> list[Obj]:
    spec = pod["spec"]
    fields = ("containers", "initContainers", "ephemeralContainers")
    return [one for field in fields for one in spec.get(field) or ()]


def _status(pod: Obj, container: str) -> dict[str, Any]:
    status = pod.get("status") or {}
    for field in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for one in status.get(field) or ():
            if one["name"] == container:
                return one  # type: ignore[no-any-return]
    return {}


def _run(state: dict[str, Any], image: str, ready_at: int | None) -> list[Line]:
    """Return the lines of one run of a container: its start, its readiness, its end."""
    running, terminated = state.get("running"), state.get("terminated")
    run = running or terminated
    if not run or not run.get("startedAt"):
        return []
    started = nanoseconds(run["startedAt"])
    lines = [Line(started, f"started {image}")]
    if running is not None and ready_at is not None and ready_at >= started:
        lines.append(Line(ready_at, "ready"))
    if terminated and terminated.get("finishedAt"):
        why = terminated.get("reason") or "Error"
        text = f"exited with code {terminated.get('exitCode', 0)} ({why})"
        lines.append(Line(nanoseconds(terminated["finishedAt"]), text))
    return lines


def lines(pod: Obj, container: str, *, previous: bool = False) -> list[Line]:
    """Return the lines of the current run, or of the *previous* one. Raises BadRequest."""
    status = _status(pod, container)
    name = pod["metadata"]["name"]
    image = status.get("image") or next(
        one.get("image", "") for one in _containers(pod) if one["name"] == container
    )
    state, last = status.get("state") or {}, status.get("lastState") or {}
    if previous:
        if not last.get("terminated"):
            raise BadRequest(
                f'previous terminated container "{container}" in pod "{name}" not found'
            )
        return _run(last, image, None)
    waiting = state.get("waiting")
    if waiting is not None and last.get("terminated"):
        return _run(last, image, None)
    if waiting is not None or not state:
        why = (waiting or {}).get("reason") or "ContainerCreating"
        verb = "is waiting to start"
        if why in ("ErrImagePull", "ImagePullBackOff"):
            why = "trying and failing to pull image"
        raise BadRequest(f'container "{container}" in pod "{name}" {verb}: {why}')
    ready = None
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            ready = condition.get("lastTransitionTime")
    ready_at = nanoseconds(ready) if ready and status.get("ready") else None
    return _run(state, image, ready_at)


class _Options(NamedTuple):
    container: str
    previous: bool
    follow: bool
    timestamps: bool
    tail: int | None
    since: int | None
    limit: int | None


def _options(call: Call, name: str, now: int) -> _Options:
    """Return what is asked of the pod *name*, whether it is there or not."""
    seconds = reading.optional_int(call, "sinceSeconds")
    since = now - seconds * _SECOND if seconds is not None else None
    if call.get("sinceTime"):
        if complaint := time_complaint(call.get("sinceTime")):
            raise BadRequest(complaint)
        since = nanoseconds(call.get("sinceTime"))
    tail, limit = (reading.optional_int(call, name) for name in ("tailLines", "limitBytes"))
    _check(call, name, seconds, tail, limit)
    return _Options(
        call.get("container"),
        call.flag("previous"),
        call.flag("follow"),
        call.flag("timestamps"),
        tail,
        since,
        limit,
    )


def _check(call: Call, pod: str, since: int | None, tail: int | None, limit: int | None) -> None:
    """Raises Invalid. Source: kubernetes pkg/apis/core/validation ValidatePodLogOptions."""
    errors: list[FieldError] = []
    if tail is not None and tail < 0:
        errors.append(invalid("tailLines", tail, "must be greater than or equal to 0"))
    if limit is not None and limit < 1:
        errors.append(invalid("limitBytes", limit, "must be greater than 0"))
    if since is not None and call.get("sinceTime"):
        detail = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        errors.append(forbidden("[]", detail))
    elif since is not None and since < 1:
        errors.append(invalid("sinceSeconds", since, "must be greater than 0"))
    if call.get("stream"):
        errors.append(forbidden("stream", "may not be specified"))
    if errors:
        raise Invalid("PodLogOptions", pod, errors)


def _text(found: list[Line], options: _Options) -> bytes:
    out = []
    for line in found:
        stamp = f"{rfc3339(line.at)[:-1]}.{line.at % _SECOND:09d}Z "
        out.append(f"{stamp if options.timestamps else ''}{line.text}\n")
    text = "".join(out).encode()
    return text if options.limit is None else text[: options.limit]


def _wanted(found: list[Line], options: _Options) -> list[Line]:
    if options.since is not None:
        found = [line for line in found if line.at >= options.since]
    if options.tail is not None:
        found = found[max(0, len(found) - options.tail) :]
    return found


def get(
    hosted: Hosted, call: Call, target: Target, reach: Callable[[Obj], None]
) -> Reply | AsyncIterator[bytes]:
    """GET of a log: a whole reply, or pieces as things happen with follow=.

    *reach* sees whether the kubelet of a pod can be asked. Raises KubeError.
    """
    options = _options(call, target.name, hosted.cluster.now)
    pod = reading.find(hosted.cluster, target).object
    options = options._replace(container=container_name(pod, options.container))
    reach(pod)
    if not pod["spec"].get("nodeName"):
        return Reply(204, b"", "")
    found = _wanted(lines(pod, options.container, previous=options.previous), options)
    if options.follow and not options.previous:
        return _follow(hosted, target, options, found, call.receive)
    return Reply(200, _text(found, options), TEXT)


async def _follow(
    hosted: Hosted, target: Target, options: _Options, found: list[Line], receive: Receive
) -> AsyncIterator[bytes]:
    """Yield the lines so far, then each new one until the container ends or the client leaves."""
    store = hosted.cluster.store
    key = (target.where, target.name)
    gone = asyncio.ensure_future(_leaves(receive))
    seen = set(found)
    cursor = store.version
    yield _text(found, options)
    news: asyncio.Future[int] | None = None
    try:
        while not gone.done():
            stored = store.stored(PODS, key)
            if stored is None:
                return
            state = _status(stored.object, options.container).get("state") or {}
            fresh: list[Line] = []
            with suppress(BadRequest):
                fresh = [one for one in lines(stored.object, options.container) if one not in seen]
            if fresh:
                seen.update(fresh)
                yield _text(fresh, options)
            if state.get("terminated"):
                return
            news = asyncio.ensure_future(hosted.changed(cursor))
            waited: set[asyncio.Future[Any]] = {gone, news}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if news.done():
                cursor = news.result()
    except Closed:
        return
    finally:
        for task in (gone, news):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, Closed):
                    await task


async def _leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
