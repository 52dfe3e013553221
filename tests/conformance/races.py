"""What two runs of one recorded command may print differently though both are right.

Which node of many that fit got a pod, how far a rollout was when somebody looked, which of two
events came first, how names sort whose ends were drawn: a recording is one sample of each. Both
sides are brought to one form, in which what is no race is still compared line by line.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

_DRAWN: Final = re.compile(r"<(?:pod_suffix|hash_suffix|name_suffix5|event_name_hex)>")
_PROGRESS: Final = re.compile(
    r'Waiting for (?:deployment|daemon set) "[^"]+" rollout to finish: '
    r"(?:\d+ out of \d+ new (?:replicas|pods) have been updated"
    r"|\d+ old replicas are pending termination"
    r"|\d+ of \d+ updated (?:replicas|pods) are available)\.\.\.\n"
    r"|Waiting for (?:\d+ pods to be ready|partitioned roll out to finish: [^\n]+)\.\.\.\n"
    r"|Waiting for deployment spec update to be observed\.\.\.\n"
)
_EVENTS: Final = re.compile(r"^Events:$", re.M)
_EVENT: Final = re.compile(r"^(?:<age>(?: \(x\d+ over <age>\))? )?(?:Normal|Warning) ", re.M)
_TIMES: Final = re.compile(r" ?<age>(?: \(x\d+ over <age>\))?|\(combined from similar events\): ")
_NO_PODS: Final = re.compile(r"^.*Normal NoPods .*\n?", re.M)
_BARE: Final = re.compile(r"^Events:\nType Reason Age From Message\n[- ]+(?=\n*\Z)", re.M)
# Masks leave no indentation; a row's last field is its time.
_MANAGED: Final = re.compile(
    r"(?m)(?<=^managedFields:\n)(?:- apiVersion: .*\n(?:.*\n)*?time: .*\n)+"
)
_PATIENCE: Final = re.compile(r"^.*very short watch: .*\n?", re.M)


def _places(text: str) -> str:
    text = re.sub(r"\bnode-\d\b", "<node>", text)
    return re.sub(r"(topology\.kubernetes\.io/zone=|\bZone: )z\d\b", r"\1<zone>", text)


def _versions(text: str) -> str:
    return re.sub(r'("resourceVersion": "|Resource Version: )\d+', r"\1<rv>", text)


def _progress(text: str) -> str:
    return _PROGRESS.sub("", f"{text}\n")


def _events(text: str) -> str:
    """Return *text* with what it says of events in order, each once, without times and counts."""
    lines = text.split("\n")
    rows = [line for line in lines if _EVENT.match(line)]
    rest = [line for line in lines if not _EVENT.match(line)]
    return "\n".join([*rest, *sorted({_TIMES.sub("", row).strip() for row in rows})])


def _waiting_budgets(text: str) -> str:
    """Return *text* without what a PodDisruptionBudget said that was there before its pods."""
    return _BARE.sub("Events: <none>", _NO_PODS.sub("", text))


def _sorted_names(text: str) -> str:
    """Return *text* with each run of lines in order that show names whose ends were drawn."""
    found: list[str] = []
    run: list[str] = []
    for line in text.split("\n"):
        if _DRAWN.search(line):
            run.append(line)
            continue
        found += [*sorted(run), line]
        run = []
    return "\n".join([*found, *sorted(run)])


def _keys(text: str) -> str:
    """Return *text* with its lines in order."""
    return "\n".join(sorted(text.split("\n")))


def _old_sets(text: str) -> str:
    """Return *text* with the ReplicaSets of a Deployment's past in order: they sort by a hash."""
    return re.sub(
        r"(?m)^(OldReplicaSets: *)(.+)$",
        lambda found: found[1] + ", ".join(sorted(found[2].split(", "))),
        text,
    )


def _managers(text: str) -> str:
    """Return *text* with who set which fields in order: by time they sort, to the second.

    Source: `sortEncodedManagedFields` of kube-apiserver.
    """
    return _MANAGED.sub(
        lambda found: "".join(sorted(re.split(r"(?m)^(?=- apiVersion: )", found[0]))), text
    )


class Race(NamedTuple):
    """Commands that show a race, and the one form to which their output is brought."""

    name: str
    commands: re.Pattern[str]
    form: Callable[[str], str]


def _race(name: str, commands: str, form: Callable[[str], str]) -> Race:
    return Race(name, re.compile(commands), form)


RACES: Final = (
    _race("in which second a field was set", r"--show-managed-fields\b", _managers),
    _race("which node a pod landed on", r"^(?!.*\b(?:nodes?|no)\b)", _places),
    _race("how many writes there were before", r"\b(?:get|describe)\b", _versions),
    _race("how far a rollout was at each look", r"\brollout status\b", _progress),
    _race("whether pods came before their budget", r"\bevents?\b|\bdescribe\b", _waiting_budgets),
    _race("which event came first, and how often by now", r"\bevents?\b|\bdescribe\b", _events),
    _race("how drawn names sort", r"\bget\b", _sorted_names),
    _race("how hashes of templates sort", r"\bdescribe (?:deploy|deployments?)\b", _old_sets),
    _race("in which order a map is walked", r"\bdescribe (?:cm|configmaps?)\b", _keys),
    _race("which part of a control plane answers first", r"\bget (?:cs|componentstatus)", _keys),
    _race("whether a watch was cut within a second", r"\bwait\b", lambda t: _PATIENCE.sub("", t)),
)


def one_form(command: str, text: str) -> str:
    """Return masked output of *command* in the form in which two right runs are equal."""
    for race in RACES:
        if race.commands.search(command):
            text = race.form(text)
    return text.strip()
