"""`ecp validate`: what was asked, judged and shown.

Imported alone where the call is plain (`understood`): nothing here may import what reads command
lines, nor anything else that is heavy. A test holds OPTIONS equal to the command's own.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ecp.cli.output import Failure, print_table, printed
from ecp.texts import Language, language_of_environment, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ecp.kube.yaml import Document
    from ecp.validation import Report, Source
    from ecp.validation.state import GroupKind, State

LANGUAGES: Final = ("en", "ko")
FORMS: Final = ("text", "table", "json", "yaml", "junit", "sarif", "github")
INVALID: Final = 3
WORTH_A_PROCESS: Final = 512 << 10
"""Bytes of input for which it pays to have one more process at work."""
MOST_PROCESSES: Final = 64
LARGEST: Final = 64 << 20
"""Bytes of one file: whoever types a command may wait longer than a service lets anybody wait."""

OPTIONS: Final = {
    "-f": "filename",
    "--filename": "filename",
    "--kubernetes-version": "kubernetes_version",
    "-n": "namespace",
    "--namespace": "namespace",
    "--against": "against",
    "--context": "context",
    "--baseline": "baseline",
    "--write-baseline": "write_baseline",
    "--jobs": "jobs",
    "--lang": "lang",
    "-o": "output",
    "--output": "output",
}
"""Every option with a value, and the field of `Asked` that it fills."""
FLAGS: Final = {"--whole": "whole"}
"""Every option without one."""
REPEATED: Final = ("filename", "against")


class Asked(NamedTuple):
    """What one call of `ecp validate` asks for."""

    filename: tuple[str, ...] = ()
    kubernetes_version: str = "1.36"
    namespace: str = "default"
    against: tuple[str, ...] = ()
    context: str = ""
    whole: bool = False
    baseline: str = ""
    write_baseline: str = ""
    jobs: str = "auto"
    lang: str = "en"
    output: str = "text"


def understood(arguments: Sequence[str]) -> Asked | None:
    """Return what *arguments* ask for; None for anything that needs a help page or a complaint."""
    found: dict[str, Any] = {"lang": language_of_environment()}
    rest = iter(arguments)
    for argument in rest:
        if argument in FLAGS:
            found[FLAGS[argument]] = True
            continue
        name, joined, value = argument.partition("=")
        if not name.startswith("--"):
            name, value = argument[:2], argument[2:]
            joined = value
        field = OPTIONS.get(name)
        given = value if joined else next(rest, None)
        if field is None or given is None:
            return None
        found[field] = (*found.get(field, ()), given) if field in REPEATED else given
    asked = Asked(**found)
    plain = asked.filename and asked.output in FORMS and asked.lang in LANGUAGES
    return asked if plain else None


def run(asked: Asked) -> int:
    """Judge and print; return the exit code. Raises Failure, in the language asked for."""
    language: Language = "ko" if asked.lang == "ko" else "en"
    # What is read stays to the end, so that there is next to nothing to collect.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(asked, language)
    except Failure as error:
        raise Failure(None, error.exit_code, message=error.spoken(language)) from error
    finally:
        if collecting:
            gc.enable()


def _run(asked: Asked, language: Language) -> int:
    from ecp.cli.files import readable
    from ecp.kube.schema import UnknownVersion, versions

    accepted = _baseline(asked.baseline)
    if "-" in asked.filename and "-" in asked.against:
        raise Failure("file.stdin-twice", 2)
    given, failed = readable(asked.filename)
    if failed and not given:
        raise failed[0]
    for error in failed:
        _tell(error.spoken(language))
    try:
        report = _judged(asked, given, _against(asked, given, language))
    except UnknownVersion as error:
        known = ", ".join(versions())
        raise Failure(
            "validate.unknown-version", 2, version=asked.kubernetes_version, known=known
        ) from error
    if asked.write_baseline:
        accepted |= _write_baseline(asked.write_baseline, report, language)
    if not report.documents:
        names = ", ".join(source.name for source in given)
        _tell(text("validate.empty", language, path=names))
    left = report
    if accepted:
        from ecp.validation.baseline import without

        left = without(report, accepted)
    _show(report, left, language, asked.output)
    if failed:
        return failed[0].exit_code
    return 0 if left.valid else INVALID


def _judged(asked: Asked, given: Sequence[Source], against: State | None) -> Report:
    """Judge what was given, by several processes where that pays: they say the same.

    Raises Failure, UnknownVersion.
    """
    from ecp.kube.yaml import Limits
    from ecp.validation import validate, validate_documents

    limits, version = Limits(size=LARGEST), asked.kubernetes_version
    number = _processes(asked.jobs, given)
    if number == 1 or against is not None:
        return validate(
            given,
            kubernetes_version=version,
            namespace=asked.namespace,
            limits=limits,
            against=against,
            whole=asked.whole,
        )
    from functools import partial

    from ecp.cli.hands import shared_out
    from ecp.validation.shares import joined, look_over, shares_of

    work = partial(look_over, kubernetes_version=version, namespace=asked.namespace, limits=limits)
    looked = joined(shared_out(work, shares_of(given, number)))
    return validate_documents(
        looked.documents,
        kubernetes_version=version,
        namespace=asked.namespace,
        whole=asked.whole,
        sound=looked.sound,
    )


def _processes(jobs: str, given: Sequence[Source]) -> int:
    """Return how many processes are to be at work; a file is not divided. Raises Failure."""
    if jobs == "auto":
        wanted = sum(len(source.text) for source in given) // WORTH_A_PROCESS
    elif jobs in map(str, range(1, MOST_PROCESSES + 1)):
        wanted = int(jobs)
    else:
        raise Failure("validate.bad-jobs", 2, value=jobs, most=MOST_PROCESSES)
    if wanted < 2 or len(given) < 2:
        return 1
    from ecp.cli.hands import POSSIBLE, processors

    if not POSSIBLE:
        return 1
    return min(wanted, len(given), processors() if jobs == "auto" else wanted)


def _tell(message: str) -> None:
    """Say something on stderr, whatever form the report has."""
    print(f"ecp: {message}", file=sys.stderr)


def _against(asked: Asked, given: Sequence[Source], language: Language) -> State | None:
    """Return what the manifests are judged against: files, clusters, or None.

    What is in it that no server could hold is named on stderr. Raises Failure, UnknownVersion.
    """
    from ecp.cli.files import sources

    if not asked.against and not asked.context:
        return None
    objects: list[Any] = []
    places: list[str | Document] = []
    same = sorted({source.name for source in given} & set(asked.against))
    if same:
        _tell(text("against.same", language, path=", ".join(same)))
    configs: list[tuple[str, Any]] = []
    servers = [path for path in asked.against if path.startswith(("http://", "https://"))]
    for source in sources([path for path in asked.against if path not in servers]):
        for document in _documents(source):
            obj = document.object
            if isinstance(obj, dict) and obj.get("kind") == "Config" and "clusters" in obj:
                configs.append((source.name, obj))
            else:
                objects.append(obj)
                places.append(document)
    unseen: frozenset[GroupKind] = frozenset()
    if servers or configs or asked.context:
        from ecp.cli.clusterstate import from_clusters

        found, unseen = from_clusters(asked, servers, configs, given, language)
        objects += [obj for _, obj in found]
        places += [server for server, _ in found]
    from ecp.validation.stored import state_of

    state = state_of(objects, unseen=unseen, kubernetes_version=asked.kubernetes_version)
    for one in state.left_out:
        about, place = str(one.object), places[one.number]
        where = place if isinstance(place, str) else f"{place.source}:{place.locate(one.path).line}"
        _tell(text("against.left-out", language, where=where, object=about, detail=one.message))
    return state


def _documents(source: Source) -> list[Document]:
    """Return the documents of a file, as a cluster has their objects. Raises Failure."""
    from ecp.kube.yaml import Limits, read

    found = read(source.text, source=source.name, limits=Limits(size=LARGEST))
    for document in found:
        fatal = next((problem for problem in document.errors if problem.fatal), None)
        if fatal is not None:
            raise Failure("against.bad", 2, path=source.name, detail=fatal.message)
    if found and not any(isinstance(document.object, dict) for document in found):
        raise Failure("against.bad", 2, path=source.name, detail="no object")
    return found


def _show(report: Report, left: Report, language: Language, output: str) -> None:
    """Print what is *left* of *report*; its verdicts stay the server's."""
    if output in ("json", "yaml"):
        from ecp.validation.report import as_dict

        data = as_dict(left, language)
        data["valid"] = report.valid
        data["summary"]["accepted"] = len(report.findings) - len(left.findings)
        printed(data, output)
    elif output == "table":
        _print_table(left, language)
    elif output == "text":
        from ecp.validation.report import text_report, totals_line

        print(text_report(left, language), end="")
        if line := totals_line(report, language):
            print(line)
    else:
        from importlib import import_module

        form = import_module(f"ecp.validation.outputs.{output}")
        print(form.render(_from_here(left), language), end="")


def _from_here(report: Report) -> Report:
    """Return *report* with files below this folder named from here, as those services expect."""
    import os

    names = {
        finding.source: os.path.relpath(finding.source)
        for finding in report.findings
        if os.path.isabs(finding.source)
    }
    below = {name: near for name, near in names.items() if not near.startswith(os.pardir)}
    findings = (one._replace(source=below.get(one.source, one.source)) for one in report.findings)
    return report._replace(findings=tuple(findings))


def _print_table(report: Report, language: Language) -> None:
    from ecp.validation.report import severity_word, summary_line
    from ecp.validation.rules import message_text

    rows = [
        (
            f"{finding.source or '-'}:{finding.position.line}:{finding.position.column}",
            severity_word(finding.severity, language),
            finding.rule,
            str(finding.object),
            " ".join(message_text(finding, language).split()),
        )
        for finding in report.findings
    ]
    if rows:
        print_table(("WHERE", "SEVERITY", "RULE", "OBJECT", "MESSAGE"), rows, language)
    print(summary_line(report, language))


def _baseline(path: str) -> frozenset[str]:
    if not path:
        return frozenset()
    from ecp.validation.baseline import read

    try:
        with open(path, encoding="utf-8") as file:
            return read(file.read())
    except OSError as error:
        raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error
    except ValueError as error:
        raise Failure("baseline.bad", 2, path=path) from error


def _write_baseline(path: str, report: Report, language: Language) -> frozenset[str]:
    from ecp.validation.baseline import keys, write

    found = keys(report)
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(write(found))
    except OSError as error:
        raise Failure("baseline.unwritable", 1, path=path, detail=error.strerror) from error
    print(text("baseline.written", language, number=len(found), path=path), file=sys.stderr)
    return found
