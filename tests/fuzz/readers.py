"""Fuzz of the way from bytes to a report: no crash, no hang, and one meaning whoever reads.

    python tests/fuzz/readers.py -max_len=600 -max_total_time=60 FOLDER tests/fuzz/corpus

needs atheris (`pip install atheris`); new inputs go to FOLDER, which comes first. An input that
fails is written down as `crash-…` or `timeout-…`; once mended it is kept in `corpus`, each of whose
files `test_readers.py` tries every time.
"""

import sys
import time
from contextlib import nullcontext
from importlib.util import find_spec
from typing import Any

if __name__ == "__main__" and find_spec("atheris") is not None:
    import atheris

    # The fuzzer sees which lines of these an input comes to.
    watched = atheris.instrument_imports(include=["ecp.kube", "ecp.validation"])
else:
    watched = nullcontext()
with watched:
    from ecp.kube import yaml
    from ecp.kube.lines import LEFT_OUT, MOST_NESTED_FLOW, read_lines
    from ecp.kube.places import places
    from ecp.kube.yaml import Document, Limits, read
    from ecp.validation import validate
    from ecp.validation.report import as_dict, text_report

LIMITS = Limits(depth=60, nodes=20_000)
MOST_SECONDS = 5.0


def try_out(data: bytes) -> None:
    """Read and judge *data*; AssertionError or any other error says what is wrong."""
    begun = time.process_time()
    documents = read(data, limits=LIMITS)
    for document in documents:
        _agree(document)
    report = validate(data, limits=LIMITS)
    text_report(report)
    for finding in as_dict(report)["findings"]:
        assert 1 <= finding["line"] <= finding["end_line"], finding
        assert finding["column"] >= 1, finding
    assert time.process_time() - begun < MOST_SECONDS, "it takes too long"


def _agree(document: Document) -> None:
    """Hold the quick reader to the exact one: values, their order, and where all of it stands."""
    text = document.text
    if document.reader == "json" or not text.endswith("\n"):
        return
    quick = read_lines(text, LIMITS.depth - MOST_NESTED_FLOW - 1)
    if quick is LEFT_OUT:
        return
    built = yaml._build(text, LIMITS)
    assert built.problems == (), built.problems
    assert repr(quick) == repr(built.value), (quick, built.value)
    assert built.mark is None or _shown(places(text)) == _shown(built.mark)


def _shown(mark: Any) -> list[Any]:
    found = [(mark.start, mark.end)]
    for step in mark.steps():
        found += [step, mark.key(step), *_shown(mark.child(step))]
    return found


def main() -> None:
    import atheris

    atheris.Setup(sys.argv, try_out)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
