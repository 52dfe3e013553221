"""Objects without what is secret in them: values of Secrets, and variables that tell one.

What is hidden is `***`: it is told that it is there, not what it is.
"""

import re
from typing import Any, Final

HIDDEN: Final = "***"
SECRET_KEYS: Final = ("data", "stringData")
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation that holds a whole object as text, secrets and all."""
_TELLS: Final = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY", re.IGNORECASE)


def tells_secret(variable: str) -> bool:
    """Whether a variable of that name has a secret in plain text."""
    return _TELLS.search(variable) is not None


def masked(value: Any) -> Any:
    """Return a value with everything in it hidden but the keys, and that nothing is there."""
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value if value is None else HIDDEN


def without_secrets(value: Any) -> Any:
    """Return a value (an object, a part of one, a list) as it may be shown."""
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("value"), str) and tells_secret(str(value.get("name", ""))):
        value = {**value, "value": HIDDEN}
    if value.get("kind") == "Secret":
        value = {k: masked(v) if k in SECRET_KEYS else v for k, v in value.items()}
    return {key: without_secrets(item) for key, item in value.items()}
