"""What is wrong with a request, in the caller's language."""

from typing import Any, Literal

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field

from ecp.edge.problems import install
from ecp.texts import text


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int = Field(1, ge=1, lt=10)
    share: float = Field(0.5, gt=0, le=1)
    name: str = Field("a", min_length=1, max_length=3, pattern="^a")
    kind: Literal["red", "blue"] = "red"
    on: bool = True
    rows: list[int] = Field([], max_length=1)
    facts: dict[str, int] = {}


app = FastAPI()
install(app)


@app.post("/wish")
def wish(given: Wish) -> None: ...


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"count": 0}, "1 이상이어야 합니다"),
        ({"count": 10}, "10보다 작아야 합니다"),
        ({"count": "x"}, "정수로 읽을 수 없습니다"),
        ({"count": 1.5}, "소수점이 없는 정수여야 합니다"),
        ({"share": 0}, "0보다 커야 합니다"),
        ({"share": 2}, "1 이하여야 합니다"),
        ({"share": "x"}, "숫자로 읽을 수 없습니다"),
        ({"name": ""}, "1자 이상이어야 합니다"),
        ({"name": "aaaa"}, "3자 이하여야 합니다"),
        ({"name": "b"}, "'^a' 형식이어야 합니다"),
        ({"name": 1}, "문자열이어야 합니다"),
        ({"kind": "green"}, "'red', 'blue' 중 하나여야 합니다"),
        ({"on": "x"}, "true나 false로 읽을 수 없습니다"),
        ({"rows": 1}, "목록이어야 합니다"),
        ({"rows": [1, 2]}, "최대 1개인데 2개입니다"),
        ({"facts": 1}, "오브젝트여야 합니다"),
        ({"more": 1}, "없는 필드입니다"),
    ],
)
def test_a_field_that_is_wrong_is_said_in_korean_and_in_the_catalogue_s_english(
    body: Any, said: str
) -> None:
    client = TestClient(app)
    korean = client.post("/wish", json=body, headers={"Accept-Language": "ko"})
    (detail,) = korean.json()["error"]["details"]
    assert detail["message"] == said
    (english,) = client.post("/wish", json=body).json()["error"]["details"]
    assert english["field"] == detail["field"]
    assert english["message"].split(" ")[0] in {"Input", "String", "List", "Extra"}


def test_words_that_pydantic_fills_are_those_of_the_catalogue() -> None:
    (english,) = TestClient(app).post("/wish", json={"count": 0}).json()["error"]["details"]
    assert english["message"] == text("body.greater_than_equal", "en", ge=1)
