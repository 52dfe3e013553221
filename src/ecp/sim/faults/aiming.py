"""From a wish to what it means: checked, aimed at its instant; who else comes into its scope."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ecp.kube import durations
from ecp.kube.kinds import ENDPOINTSLICES
from ecp.kube.pods import is_active
from ecp.sim.engine.chance import Chance
from ecp.sim.faults.asks import brings
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.courses import check_course
from ecp.sim.faults.effects import EFFECTS, Hold
from ecp.sim.faults.guard import conditions
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.searching import Scope
from ecp.sim.faults.selecting import FORMS, MODES, is_amount, wrong_in
from ecp.sim.faults.syntax import bad_parameter, checked, lasting
from ecp.sim.faults.targets import Aim, Targets
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.traffic.model import Result
from ecp.sim.world import World

_BODY: Final = {
    "fault", "target", "duration", "parameters", "namespaces", "at",
    "selector", "mode", "value", "own", "to",
    "only", "max_percent", "force", "abort", "steady",
}  # fmt: skip
_NAMED: Final = ("registry", "pool", "actor", "door", "secret")
SYSTEM: Final = "kube-"


def checked_wish(body: Any) -> tuple[FaultRow, dict[str, Any]]:
    """Return the fault that a request means, and the request with every parameter said.

    Raises FaultRefused naming what is wrong, and what there is.
    """
    wish = dict(body) if isinstance(body, dict) else {}
    name = str(wish.get("fault", ""))
    row = catalogue().get(name)
    if row is None:
        raise FaultRefused("fault.unknown", name=name, known=", ".join(catalogue()))
    for key in wish:
        if key not in _BODY:
            raise bad_parameter(name, key)
    merged = {**row.parameters, **checked(name, wish.get("parameters") or {})}
    if wish.get("to") and not row.between:
        raise bad_parameter(name, "to")
    _check_selected(name, wish)
    if isinstance(wish.get("to"), dict):
        _check_selected(name, {"selector": None, **wish["to"]})
    for key in ("abort", "steady"):
        if wish.get(key):
            conditions(name, wish[key])
    duration = wish.get("duration")
    lasts = row.duration if duration is None else lasting(name, str(duration))
    check_course(name, merged, lasts)
    return row, {**wish, "parameters": merged}


def _check_selected(name: str, said: Mapping[str, Any]) -> None:
    """Raises FaultRefused for a selector, a mode or its value that means nothing."""
    mode, selector = said.get("mode"), said.get("selector")
    if mode is not None and mode not in MODES:
        raise FaultRefused("fault.bad-mode", name=name, mode=str(mode), known=", ".join(MODES))
    if "selector" in said and (wrong := wrong_in(selector)):
        raise FaultRefused("fault.bad-selector", name=name, field=wrong, known=", ".join(FORMS))
    if selector is not None and mode is not None and not is_amount(mode, said.get("value")):
        value = str(said.get("value"))
        raise FaultRefused("fault.bad-amount", name=name, mode=mode, value=value)


def lasts_for(fault: Injected) -> int | None:
    """Return for how long a fault is wanted (ns), None = until somebody ends it."""
    wanted = fault.wish.get("duration")
    return fault.row.duration if wanted is None else durations.parse(str(wanted))


class Aiming:
    """Finds what faults hit in one cluster; *figures* gives what a namespace's requests meet."""

    def __init__(
        self,
        read: Reader,
        world: World,
        chance: Chance,
        figures: Callable[[str], Mapping[str, Result]],
    ) -> None:
        self._read = read
        self._chance = chance
        self._figures = figures
        self._targets = Targets(read, world)

    def aim(self, fault: Injected) -> None:
        """Find what a fault hits, and note it. Raises FaultRefused when there is nothing."""
        wish, at = fault.wish, fault.row.target
        wanted, within = str(wish.get("target") or ""), wish.get("namespaces")

        def draw() -> float:
            return self._chance.unit(f"fault/{fault.id}/{fault.name}")

        def nth(number: int) -> float:
            return self._chance.unit(f"fault/{fault.id}/{fault.name}", number)

        if wish.get("selector") is not None and at in ("node", "pod", "workload"):
            aim = self._targets.selected(at, wish, nth, fault.name, fault.row.having)
        elif at == "namespace":
            asked = self._asked(fault.row)
            aim = self._targets.spaces(fault.name, wanted, within, asked, draw)
        elif at in _NAMED:
            aim = self._targets.named(fault.name, at, wanted, within, draw)
        else:
            everyone = at == "pod" and wish.get("mode") == "all" and wanted
            aim = self._targets.aim(
                fault.name,
                "workload" if everyone else at,
                wanted,
                within,
                draw,
                fault.row.having,
            )
        fault.spaces, fault.names = list(aim.spaces), list(aim.names)
        fault.reached = list(aim.reached)
        fault.scope, fault.targets, fault.nodes = list(aim.scope), aim.targets, aim.nodes
        self._note_pods(fault, aim)
        if wish.get("to"):
            fault.others = [pod["metadata"]["uid"] for pod in self._far(fault, wish["to"], nth)]

    def choices(self, row: FaultRow, within: Iterable[str] | None) -> list[str]:
        """Return the words of all that a fault could be aimed at."""
        spaces = None if within is None else list(within)
        return self._targets.choices(row.target, spaces, self._asked(row), row.having)

    def _asked(self, row: FaultRow) -> Callable[[str], bool]:
        """Return which namespaces a fault of namespaces may hit."""
        return _is_there if row.ask else self._is_followed

    def _far(self, fault: Injected, to: Any, draw: Callable[[int], float]) -> list[Obj]:
        """Return the pods at the other ends. Raises FaultRefused."""
        if isinstance(to, dict):
            own = {**to, "own": fault.wish.get("own")}
            return self._targets.selected("pod", own, draw, fault.name).pods
        within = fault.wish.get("namespaces")
        return self._targets.aim(fault.name, "workload", str(to), within, lambda: draw(0)).pods

    def _is_followed(self, namespace: str) -> bool:
        return bool(self._figures(namespace))

    def _note_pods(self, fault: Injected, aim: Aim) -> None:
        alive = [pod for pod in aim.pods if is_active(pod)]
        port = _port(fault)
        if port:
            alive = [pod for pod in alive if port in self._ports(pod)]
            if not alive:
                target = ", ".join(aim.targets)
                raise FaultRefused("fault.no-port", name=fault.name, port=str(port), target=target)
        fault.pods = [[*key_of(pod), pod["metadata"]["uid"]] for pod in alive]
        fault.workloads = [list(row) for row in dict.fromkeys(self._targets.owners(alive))]
        fault.limits = self.limits(fault, alive)
        if fault.effect == "crowd":
            fault.workloads = [
                ["customers", space, name]
                for space in fault.spaces
                for name, result in self._figures(space).items()
                if result.entry
            ]

    def _ports(self, pod: Obj) -> set[int]:
        """Return the ports of a pod by which Services send requests to it."""
        uid = pod["metadata"]["uid"]
        return {
            port["port"]
            for one in self._read.list(ENDPOINTSLICES, pod["metadata"]["namespace"])
            if any((e.get("targetRef") or {}).get("uid") == uid for e in one.get("endpoints") or ())
            for port in one.get("ports") or ()
            if port.get("port")
        }

    def limits(self, fault: Injected, pods: Iterable[Obj]) -> dict[str, int]:
        """Return what of each pod the effect of a fault has to know, by uid."""
        effect = EFFECTS[fault.effect]
        if not isinstance(effect, Hold) or not effect.of:
            return {}
        found = self._targets.memory_limits if effect.of == "memory" else self._targets.ceilings
        return found(pods)

    def comes(self, fault: Injected, pod: Obj) -> bool:
        """Whether a pod is in the scope of a fault: of a pod there is no other."""
        scope = Scope(*fault.scope)
        namespace = pod["metadata"]["namespace"]
        wanted = fault.wish.get("namespaces")
        within = namespace in wanted if wanted else _is_there(namespace)
        return (
            scope.kind != "pod"
            and within
            and is_active(pod)
            and brings(fault, pod)
            and self._targets.belongs(pod, scope)
        )


def _port(fault: Injected) -> int:
    """Return the port that is meant, 0 where all are."""
    return int(fault.wish["parameters"].get("port") or 0)


def _is_there(namespace: str) -> bool:
    return not namespace.startswith(SYSTEM)


def key_of(pod: Obj) -> Key:
    """Return namespace and name."""
    return (pod["metadata"]["namespace"], pod["metadata"]["name"])
