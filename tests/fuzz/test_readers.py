"""What was ever found by fuzzing stays mended, and the fuzzer itself runs."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").iterdir())


def load() -> object:
    spec = importlib.util.spec_from_file_location("fuzz_readers", HERE / "readers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


READERS = load()


@pytest.mark.parametrize("file", CORPUS, ids=[file.name for file in CORPUS])
def test_an_input_is_read_and_judged(file: Path) -> None:
    READERS.try_out(file.read_bytes())  # type: ignore[attr-defined]


def test_a_short_fuzz_finds_nothing(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: pip install atheris")
    done = subprocess.run(
        [sys.executable, str(HERE / "readers.py"), "-runs=3000", "-max_len=400", "-timeout=10",
         f"-artifact_prefix={tmp_path}/", str(tmp_path), str(HERE / "corpus")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
