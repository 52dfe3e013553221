"""Which field of which object a trouble is mended at, as it is written in a manifest. Pure.

A field is a path, items of lists by their name: "spec.template.spec.containers[web].image". What is
not written there yet ("readinessProbe", "tolerations") stands where it would be written.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ecp.kube.kinds import CRONJOBS, PODS, PVCS
from ecp.rehearsal.bundle import Obj, Ref

_POD_OF = {PODS: "", CRONJOBS: "spec.jobTemplate.spec.template."}
# (cause, what its message contains) -> the field of the pod, first match wins. {} is the container
# that the trouble names.
_FIELDS = (
    ("image", "", "spec.{}.image"),
    ("image-name", "", "spec.{}.image"),
    ("config", "", "spec.{}"),
    ("crash", "", "spec.{}"),
    ("oom", "", "spec.{}.resources.limits.memory"),
    ("probe", "^Liveness", "spec.{}.livenessProbe"),
    ("probe", "^Startup", "spec.{}.startupProbe"),
    ("probe", "", "spec.{}.readinessProbe"),
    ("init-waits", "", "spec.{}"),
    ("mount", "", "spec.volumes"),
    ("attach", "", "spec.volumes"),
    ("create-refused", "", "spec.containers"),
    ("unschedulable", "nvidia.com/gpu.*untolerated taint", "spec.tolerations"),
    ("unschedulable", "affinity/selector", "spec.nodeSelector"),
    ("unschedulable", r"Insufficient ", "spec.containers"),
    ("unschedulable", "(?i)persistentvolumeclaim", "spec.volumes"),
    ("unschedulable", "untolerated taint", "spec.tolerations"),
    ("unschedulable", "", "spec"),
)


class Place(NamedTuple):
    """A field of an object; "" = the object itself."""

    ref: Ref
    field: str


def place_of(ref: Ref, cause: str, values: Mapping[str, str]) -> Place:
    """Return where a trouble is mended."""
    if cause == "claim":
        return Place(Ref(PVCS, ref.namespace, values["claim"]), "spec.storageClassName")
    message = values.get("probe") or values.get("message", "")
    container = f"{values.get('among', 'containers')}[{values.get('container', '')}]"
    for known, pattern, field in _FIELDS:
        if cause == known and re.search(pattern, message):
            found = values.get("field") or field.format(container)
            return Place(ref, _POD_OF.get(ref.resource, "spec.template.") + found)
    return Place(ref, "")


def referring(pod: Obj, container: str, message: str) -> str:
    """Return the field by which a container refers to what *message* does not find; "" = none.

    The kubelet says: secret "a" not found; couldn't find key k in ConfigMap ns/a.
    """
    said = re.search(r'"([^"]+)" not found|in (?:ConfigMap|Secret) \S+/(\S+)', message)
    name = "" if said is None else said[1] or said[2]
    for among in ("containers", "initContainers"):
        for row in pod["spec"].get(among) or ():
            if row["name"] != container:
                continue
            for at, source in enumerate(row.get("envFrom") or ()):
                if name in _named(source):
                    return f"spec.{among}[{container}].envFrom[{at}]"
            for variable in row.get("env") or ():
                if name in _named(variable.get("valueFrom") or {}):
                    return f"spec.{among}[{container}].env[{variable['name']}]"
    return ""


def _named(sources: Mapping[str, Obj]) -> list[str]:
    return [str(one["name"]) for one in sources.values() if isinstance(one, dict) and "name" in one]
