"""What the environment may not say: named before anything is started with it."""

import pytest

from ecp.edge.services import BadSetting, check_settings
from ecp.texts import text

REFUSED = [
    ("ECP_DATABASE_URL", "mysql://u:secret@h/d", "mysql://…@h/d"),
    ("ECP_DATABASE_URL", "postgres://u@h/d", "postgres://…@h/d"),
    ("ECP_DEMO_DATABASE_URL", "demo.db", "demo.db"),
    ("ECP_SIMULATOR_DATABASE_URL", "sqlite:////d/x.db", "sqlite:////d/x.db"),
    ("ECP_SIMULATOR_URL", "127.0.0.1:6360", "127.0.0.1:6360"),
    ("K8S_SIMULATOR_URL", "http://", "http://"),
    ("K8S_SIMULATOR_WS_URL", "http://h:1", "http://h:1"),
    ("K8S_SIMULATOR_REDIS_URL", "h:6379", "h:6379"),
    ("ECP_DEMO", "maybe", "maybe"),
    ("ECP_DEPLOYMENT_METHOD", "nomad", "nomad"),
    ("ECP_CLUSTER_URL", "there:6443", "there:6443"),
    ("ECP_AUTHORIZATION_MODE", "ABAC", "ABAC"),
]
TAKEN = [
    ("ECP_DATABASE_URL", "postgresql://u:p@h:5432/d"),
    ("ECP_DATABASE_URL", "postgresql+asyncpg://u@h/d"),
    ("ECP_DATABASE_URL", "postgresql:///d?host=/run/postgresql"),
    ("ECP_DATABASE_URL", "sqlite:////d/x.db"),
    ("ECP_SIMULATOR_DATABASE_URL", "postgres://u@h/d"),
    ("K8S_SIMULATOR_URL", "https://h/path/"),
    ("K8S_SIMULATOR_WS_URL", "wss://h"),
    ("K8S_SIMULATOR_REDIS_URL", "rediss://:p@h:1/0"),
    ("K8S_SIMULATOR_REDIS_URL", ""),
    ("ECP_DEMO", " Start "),
    ("ECP_DEPLOYMENT_METHOD", "kubernetes"),
    ("ECP_CLUSTER_URL", "https://there:6443"),
]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in {row[0] for row in (*REFUSED, *TAKEN)}:
        monkeypatch.delenv(setting, raising=False)


@pytest.mark.parametrize(("setting", "value", "shown"), REFUSED)
def test_a_wrong_setting_is_named_and_its_password_is_not(
    setting: str, value: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(BadSetting) as refused:
        check_settings()
    for language in ("en", "ko"):
        said = text(refused.value.key, language, **refused.value.values)
        assert said.startswith(f"{setting}={shown}: ")
        assert "secret" not in said


@pytest.mark.parametrize(("setting", "value"), TAKEN)
def test_a_right_one_is_taken(setting: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting, value)
    check_settings()
