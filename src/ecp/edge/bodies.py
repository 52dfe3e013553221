"""What a request's body has to be, whatever it is about."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator


class Body(BaseModel):
    """A body whose fields are all known, whose numbers are finite and whose text is UTF-8's.

    JSON can escape a half of a surrogate pair, which no file, database or answer can carry.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_carried(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isascii():
            value.encode()  # UnicodeEncodeError is a ValueError: it says where
        return value
