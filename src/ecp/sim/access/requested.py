"""What a certificate request asks for, as those look at it who approve and sign.

Source: kubernetes pkg/apis/certificates/helpers.go; RFC 5280 for names.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ecp.sim.access import certificates
from ecp.sim.access.certificates import Asked, Malformed, parts
from ecp.sim.store import Obj

CLIENT: Final = "kubernetes.io/kube-apiserver-client"
KUBELET: Final = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING: Final = "kubernetes.io/kubelet-serving"

_COMMON_NAME: Final = bytes.fromhex("550403")
_ORGANIZATION: Final = bytes.fromhex("55040a")
_EMAIL, _DNS, _URI, _ADDRESS = 0x81, 0x82, 0x86, 0x87
_NODE: Final = "system:node:"
_NOT_OF_CLIENTS: Final = ((_DNS, "DNS"), (_EMAIL, "Email"), (_ADDRESS, "IP"), (_URI, "URI"))
_NOT_OF_SERVERS: Final = ((_EMAIL, "Email"), (_URI, "URI"))
_OPTIONAL: Final = ("digital signature", "key encipherment")
_NEEDED: Final = "client auth"


class Wanted(NamedTuple):
    """Whom a request names: subject and sorts of alternative names (tags of GeneralName)."""

    common_name: str
    organizations: tuple[str, ...]
    alternatives: tuple[int, ...]


def of(csr: Obj) -> Asked:
    """Return what stands in the request of a CertificateSigningRequest. Raises Malformed."""
    return certificates.asked(b64decode(csr["spec"]["request"]))


def wanted(asked: Asked) -> Wanted:
    """Return whom a request names. Raises Malformed."""
    try:
        names = list(_attributes(asked.subject))
        sorts = tuple(_alternatives(asked.names))
    except (ValueError, IndexError) as error:
        raise Malformed(str(error)) from None
    common = [text for sort, text in names if sort == _COMMON_NAME]
    organizations = tuple(text for sort, text in names if sort == _ORGANIZATION)
    return Wanted(common[-1] if common else "", organizations, sorts)


def complaint(signer: str, asked: Asked, usages: Sequence[str]) -> str:
    """Return what the signer of a name has against a request; "" = nothing. Raises Malformed."""
    if signer == CLIENT:
        return _wrong_usages(usages)
    serving = signer == SERVING
    return _not_of_kubelet(wanted(asked), usages, serving=serving)


def _wrong_usages(usages: Sequence[str]) -> str:
    for usage in usages:
        if usage not in (*_OPTIONAL, _NEEDED):
            return f"invalid usage for client certificate: {usage}"
    if _NEEDED not in usages:
        return f"missing required usage for client certificate: {_NEEDED}"
    return ""


def _not_of_kubelet(named: Wanted, usages: Sequence[str], *, serving: bool) -> str:
    if named.organizations != ("system:nodes",):
        return "subject organization is not system:nodes"
    if serving and not {_DNS, _ADDRESS} & set(named.alternatives):
        return "DNS or IP subjectAltName is required"
    for sort, word in _NOT_OF_SERVERS if serving else _NOT_OF_CLIENTS:
        if sort in named.alternatives:
            return f"{word} subjectAltNames are not allowed"
    usage = _usages_complaint(usages, "server auth" if serving else _NEEDED)
    of_node = named.common_name.startswith(_NODE)
    name = "" if of_node else f"subject common name does not begin with {_NODE}"
    # The one looks at usages first, the other at the name: each says what it misses first.
    return (usage or name) if serving else (name or usage)


def _usages_complaint(usages: Sequence[str], purpose: str) -> str:
    whole = {*_OPTIONAL, purpose}
    if set(usages) in (whole, whole - {"key encipherment"}):
        return ""
    return f"usages did not match [{' '.join(sorted(whole))}]"


def _attributes(subject: bytes) -> Iterator[tuple[bytes, str]]:
    for _, group in parts(parts(subject)[0][1]):
        for _, pair in parts(group):
            (_, sort), (_, text), *_ = parts(pair)
            yield sort, text.decode("utf-8", "replace")


def _alternatives(extension: bytes) -> Iterator[int]:
    if not extension:
        return
    *_, (_, wrapped) = parts(parts(extension)[0][1])
    for tag, _ in parts(parts(wrapped)[0][1]):
        yield tag
