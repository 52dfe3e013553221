"""Secrets in texts that people get: hidden, and filled in again when a text comes back.

The passwords of a tenant are derived from the installation's key. Whoever lists, reads or downloads
a manifest gets a sentence in the place of each; a text that comes back with these sentences is
deployed with the passwords.
"""

from base64 import b64encode
from functools import cache

from ecp.manifests.bundle import secret_value
from ecp.workloads.profiles import profiles


def marker(purpose: str) -> str:
    """Return what stands in the place of a secret, as the `data` of a Secret has it."""
    text = f"hidden; deploy through ECP, or ask with include_secrets=true ({purpose})"
    return b64encode(text.encode()).decode()


def concealed(text: str, tenant: str, key: bytes) -> str:
    """Return a manifest's text, YAML or JSON, with the tenant's own secrets hidden."""
    for purpose in known_purposes():
        text = text.replace(secret_value(tenant, purpose, key), marker(purpose))
    return text


def restored(text: str, tenant: str, key: bytes) -> str:
    """Return a manifest's text, YAML or JSON, with the tenant's own secrets filled in."""
    for purpose in known_purposes():
        sign = marker(purpose)
        if sign in text:
            text = text.replace(sign, secret_value(tenant, purpose, key))
    return text


@cache
def known_purposes() -> tuple[str, ...]:
    """Return the names of all secrets that workloads' environments ask for, sorted."""
    rows = profiles().values()
    variables = [row for profile in rows for row in (*profile.environment, *profile.clients)]
    return tuple(sorted({row.secret for row in variables if row.secret}))
