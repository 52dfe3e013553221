"""Secrets in texts that people get: hidden, and filled in again when a text comes back.

The passwords of a tenant are derived from the installation's key. Whoever lists, reads or downloads
a manifest gets a sentence in the place of each; a text that comes back with these sentences is
deployed with the passwords.
"""

from base64 import b64encode
from collections.abc import Iterable

from ecp.manifests.bundle import Bundle, Obj, secret_value
from ecp.workloads.profiles import Profiles, profiles


def marker(purpose: str) -> str:
    """Return what stands in the place of a secret, as the `data` of a Secret has it."""
    text = f"hidden; deploy through ECP, or ask with include_secrets=true ({purpose})"
    return b64encode(text.encode()).decode()


def hidden(obj: Obj) -> Obj:
    """Return an object without its secrets: a Secret's `data` by sentences, others as they are."""
    if obj.get("kind") != "Secret" or not isinstance(obj.get("data"), dict):
        return obj
    return {**obj, "data": {purpose: marker(str(purpose)) for purpose in obj["data"]}}


def without_secrets(bundle: Bundle) -> Bundle:
    """Return the bundle with its secrets hidden."""
    return Bundle(bundle.tenant, bundle.namespace, tuple(hidden(obj) for obj in bundle.objects))


def restored(text: str, tenant: str, key: bytes, purposes: Iterable[str] | None = None) -> str:
    """Return a manifest's text, YAML or JSON, with the tenant's own secrets filled in.

    purposes    names of secrets, None = all that profiles know
    """
    for purpose in known_purposes() if purposes is None else purposes:
        sign = marker(purpose)
        if sign in text:
            text = text.replace(sign, secret_value(tenant, purpose, key))
    return text


def known_purposes(known: Profiles | None = None) -> tuple[str, ...]:
    """Return the names of all secrets that workloads' environments ask for, sorted."""
    rows = (profiles() if known is None else known).values()
    variables = [row for profile in rows for row in (*profile.environment, *profile.clients)]
    return tuple(sorted({row.secret for row in variables if row.secret}))
