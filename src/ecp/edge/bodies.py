"""What a request's body has to be, whatever it is about."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, field_validator
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

_NUMBERS: Final = ("int", "float")
_BELOW: Final = (
    "schema", "fields", "choices", "items_schema", "keys_schema", "values_schema", "definitions",
)  # fmt: skip
"""Where a schema of pydantic has others."""


def _without_booleans(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(_without_booleans(one) for one in schema)
    if not isinstance(schema, dict):
        return schema
    if _is_number(schema):
        check = _not_a_boolean if schema["type"] == "float" else _not_a_boolean_whole
        return core_schema.no_info_before_validator_function(check, schema)
    if schema.get("type") == "union":
        # A choice is named after its type where an error lies in it, not after what is tried first.
        named = [(one, one["type"]) if _is_number(one) else one for one in schema["choices"]]
        return {**schema, "choices": [_without_booleans(one) for one in named]}
    if schema.get("type") == "model-fields":
        fields = {name: _without_booleans(field) for name, field in schema["fields"].items()}
        return {**schema, "fields": fields}
    return {name: _without_booleans(v) if name in _BELOW else v for name, v in schema.items()}


def _is_number(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") in _NUMBERS


def _not_a_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


def _not_a_boolean_whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


class Body(BaseModel):
    """A body whose fields are all known, whose numbers are finite and no booleans, and whose text
    is UTF-8's.

    JSON can escape a half of a surrogate pair, which no file, database or answer can carry.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Take no boolean for a number: `true` is none to who wrote it, and 1 to Python."""
        found: CoreSchema = _without_booleans(handler(source))
        return found

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_carried(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isascii():
            value.encode()  # UnicodeEncodeError is a ValueError: it says where
        return value
