"""What a container's hooks do: how long they take, and whether they fail.

A hook's command takes what it is known to take (sleep, false, exit …); any other takes no time and
succeeds. An HTTP call is refused where nobody in the pod listens, and is not answered by a process
that hangs. Source: kubernetes pkg/kubelet/lifecycle/handlers.go, pkg/kubelet/kuberuntime
(startContainer, killContainer, executePreStopHook).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecp.sim.store import Obj
from ecp.workloads.commands import ends

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook. `takes` in ns, None = for ever; `fails` is why its command fails, "" = it does not.

    `url` is what an HTTP hook asks ({ip}: the pod's address) at `port`; "" = no HTTP hook. `what`
    is what the kubelet puts in front of its cause: "Exec lifecycle hook ([false])".
    """

    takes: int | None
    fails: str
    url: str
    port: int | None
    what: str


def hook_of(raw: Obj, name: str) -> Hook | None:
    """Return the hook *name* ("postStart", "preStop") of a container."""
    handler = (raw.get("lifecycle") or {}).get(name) or {}
    if "exec" in handler:
        command = [str(word) for word in handler["exec"].get("command") or ()]
        takes, code = ends(command) or (0, 0)
        fails = f"command '{' '.join(command)}' exited with {code}: " if code else ""
        return Hook(takes, fails, "", None, f"Exec lifecycle hook ([{' '.join(command)}])")
    if "httpGet" in handler:
        get = handler["httpGet"]
        port = port_of(get["port"], raw)
        path = get.get("path") or "/"
        path = path if path.startswith("/") else f"/{path}"
        url = f"{get.get('scheme', 'HTTP').lower()}://{get.get('host') or '{ip}'}:{port}{path}"
        return Hook(0, "", url, port, f"HTTP lifecycle hook ({get.get('path', '')})")
    if "sleep" in handler:
        seconds = int(handler["sleep"].get("seconds", 0))
        return Hook(seconds * _SECOND, "", "", None, f"Sleep lifecycle hook ({seconds})")
    return None


def outcome(loop: "PodLoop", hook: Hook, at: int) -> tuple[int | None, str]:
    """Return (how long the hook takes in ns, None = for ever; why it fails, "" = it does not)."""
    if not hook.url:
        if loop.run.hung and hook.what.startswith("Exec"):
            return None, ""
        return hook.takes, hook.fails
    url = hook.url.replace("{ip}", loop.run.ip)
    if "{ip}" in hook.url and not listens(loop, hook.port, at):
        address = f"{loop.run.ip}:{hook.port}"
        return 0, f'Get "{url}": dial tcp {address}: connect: connection refused'
    return (None, "") if loop.run.hung else (0, "")


def message(loop: "PodLoop", name: str, hook: Hook, cause: str) -> str:
    """Return the kubelet's words about a hook of container *name* that failed."""
    run = loop.run
    pod = f"{run.key[1]}_{run.key[0]}({run.uid})"
    said = f'{hook.what} for Container "{name}" in Pod "{pod}" failed - error: {cause}'
    return said if hook.url else f'{said}, message: ""'


def port_of(port: Any, raw: Obj) -> int | None:
    """Return the number of a port that a container names or numbers; None: it has no such."""
    if isinstance(port, int):
        return port
    for declared in raw.get("ports") or ():
        if declared.get("name") == port:
            return int(declared["containerPort"])
    return int(port) if str(port).isdigit() else None


def listens(loop: "PodLoop", port: int | None, at: int) -> bool:
    """Whether any process of the pod listens: containers share their network namespace."""
    for other in loop.run.containers:
        if (
            port in other.ports
            and other.listens_at is not None
            and other.listens_at <= at
            and other.alive(at)
        ):
            return True
    return False
