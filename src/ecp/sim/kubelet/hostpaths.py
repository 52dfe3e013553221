"""hostPath volumes that say what they must find on their node.

Every node has the directories, sockets and devices of a Linux machine that runs a kubelet and
containerd; what else lies on its disk the annotation `sim.ecp-ai.io/paths` of the Node says (a
directory ends with "/"). What a pod had made lies there from then on. A volume without a type is
not looked at. Source: kubernetes pkg/volume/hostpath/host_path.go (checkTypeInternal).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import TYPE_CHECKING, Final

from ecp.sim.store import Obj

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

_DIRECTORY: Final = "Directory"
_FILE: Final = "File"
_WORDS: Final[Mapping[str, str]] = {
    _DIRECTORY: "a directory",
    _FILE: "a file",
    "Socket": "a socket file",
    "CharDevice": "a character device",
    "BlockDevice": "a block device",
}
# Assumed: Ubuntu 24.04 with kubelet and containerd, as the nodes report.
_KNOWN: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "/", "/bin", "/boot", "/dev", "/dev/shm", "/etc", "/etc/cni", "/etc/cni/net.d",
            "/etc/containerd", "/etc/kubernetes", "/etc/kubernetes/manifests",
            "/etc/kubernetes/pki", "/etc/ssl", "/etc/ssl/certs", "/etc/systemd", "/home", "/lib",
            "/lib/modules", "/media", "/mnt", "/opt", "/opt/cni", "/opt/cni/bin", "/proc", "/root",
            "/run", "/run/containerd", "/run/systemd", "/run/udev", "/sbin", "/srv", "/sys",
            "/sys/class", "/sys/devices", "/sys/fs/bpf", "/sys/fs/cgroup", "/sys/kernel",
            "/sys/kernel/debug", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local",
            "/usr/local/bin", "/usr/share", "/usr/share/ca-certificates", "/usr/src", "/var",
            "/var/lib", "/var/lib/containerd", "/var/lib/kubelet",
            "/var/lib/kubelet/device-plugins", "/var/lib/kubelet/plugins",
            "/var/lib/kubelet/plugins_registry", "/var/lib/kubelet/pods", "/var/log",
            "/var/log/containers", "/var/log/journal", "/var/log/pods", "/var/run",
            "/var/run/containerd", "/var/tmp",
        ),
        _DIRECTORY,
    ),
    **dict.fromkeys(
        (
            "/etc/fstab", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/localtime",
            "/etc/machine-id", "/etc/os-release", "/etc/passwd", "/etc/resolv.conf",
            "/etc/kubernetes/kubelet.conf", "/etc/containerd/config.toml",
            "/run/xtables.lock", "/var/lib/kubelet/config.yaml", "/var/log/syslog",
        ),
        _FILE,
    ),
    **dict.fromkeys(
        (
            "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock",
            "/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket",
            "/var/lib/kubelet/device-plugins/kubelet.sock",
        ),
        "Socket",
    ),
    **dict.fromkeys(
        ("/dev/console", "/dev/fuse", "/dev/kmsg", "/dev/null", "/dev/random", "/dev/zero"),
        "CharDevice",
    ),
    "/dev/net/tun": "CharDevice",
    **dict.fromkeys(("/dev/sda", "/dev/loop0"), "BlockDevice"),
}  # fmt: skip
_OF_GPUS: Final = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm")


@dataclass(frozen=True, slots=True)
class HostPath:
    """A hostPath volume with a type."""

    volume: str
    path: str
    kind: str


def host_paths(spec: Obj) -> tuple[HostPath, ...]:
    """Return the hostPath volumes of a pod spec of which the kubelet looks at the path."""
    return tuple(
        HostPath(volume["name"], volume["hostPath"]["path"], volume["hostPath"]["type"])
        for volume in spec.get("volumes") or ()
        if (volume.get("hostPath") or {}).get("type")
    )


def missing(loop: "PodLoop") -> tuple[HostPath, str] | None:
    """Return the first volume whose path is not what it says, with the kubelet's words.

    What is to be created is there afterwards.
    """
    for wanted in loop.template.host_paths:
        path = normpath(wanted.path)
        found = _found(loop, path)
        kind = wanted.kind.removesuffix("OrCreate")
        if found == "" and kind != wanted.kind:
            if kind == _FILE and _found(loop, dirname(path)) != _DIRECTORY:
                return wanted, f"open {wanted.path}: no such file or directory"
            _make(loop, path, kind)
        elif found != kind:
            return wanted, (
                f"hostPath type check failed: {wanted.path} is not {_WORDS.get(kind, kind)}"
            )
    return None


def _found(loop: "PodLoop", path: str) -> str:
    """Return what lies at a path of the node, "" = nothing."""
    known = _KNOWN.get(path) or loop.machine.paths.get(path)
    if known is not None:
        return known
    if path in _OF_GPUS and "nvidia.com/gpu" in loop.node.allocatable:
        return "CharDevice"
    for told in loop.node.paths:
        if told.rstrip("/") == path:
            return _DIRECTORY if told.endswith("/") else _FILE
        if told.startswith(f"{path}/"):
            return _DIRECTORY
    return ""


def _make(loop: "PodLoop", path: str, kind: str) -> None:
    made = loop.machine.paths
    made[path] = kind
    above = dirname(path)
    while kind == _DIRECTORY and above not in _KNOWN and above not in made:
        made[above] = _DIRECTORY
        above = dirname(above)
