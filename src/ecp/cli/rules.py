"""`ecp rules`: the catalogue of what `ecp validate` finds."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecp.cli.options import LANGUAGE, NamedTable, Text, said
from ecp.cli.output import Failure, print_table, printed

if TYPE_CHECKING:
    from ecp.validation.rules import Example, Rule

app = typer.Typer(help=said("cli.rules"), no_args_is_help=True)


@app.command("list", help=said("cli.rules-list"))
def list_(output: NamedTable = "table") -> None:
    from ecp.validation.report import severity_word
    from ecp.validation.rules import rules

    if output == "name":
        print("\n".join(rules()))
    elif not printed([_data(rule) for rule in rules().values()], output):
        rows = [
            (rule.id, severity_word(rule.severity, LANGUAGE), rule.name, rule.title[LANGUAGE])
            for rule in rules().values()
        ]
        print_table(("ID", "SEVERITY", "NAME", "TITLE"), rows)


@app.command("explain", help=said("cli.rules-explain"))
def explain(
    rule: Annotated[str, typer.Argument(metavar="ID", help=said("cli.rule-id"))],
    output: Text = "text",
) -> None:
    from ecp.validation.report import severity_word
    from ecp.validation.rules import examples

    found = _named(rule)
    if printed(_data(found, with_examples=True), output):
        return
    print(f"{found.id} {found.name} ({severity_word(found.severity, LANGUAGE)})")
    print(found.title[LANGUAGE])
    print(f"\n{said('rules.cause')}: {found.cause[LANGUAGE]}")
    print(f"{said('rules.remedy')}: {found.remedy[LANGUAGE]}")
    print(f"{said('rules.docs')}:")
    for link in found.links(LANGUAGE):
        print(f"  {link}")
    for example in examples().get(found.id, ()):
        for key, values in example.notes():
            print(f"\n{said(key, **values)}")
        shown = [("rules.fails", example.fail), ("rules.passes", example.passing)]
        for key, manifest in [("rules.against", example.against), *shown]:
            if manifest:
                print(f"\n{said(key)}:")
                print("\n".join(f"  {line}".rstrip() for line in manifest.splitlines()))


def _named(name: str) -> Rule:
    """Return the rule with that id or name. Raises Failure."""
    from ecp.validation.rules import rules

    known = rules()
    for rule in known.values():
        if name.upper() == rule.id or name.lower() == rule.name:
            return rule
    names = [*known, *(rule.name for rule in known.values())]
    near = difflib.get_close_matches(name, names) or difflib.get_close_matches(name.upper(), names)
    raise Failure("rules.unknown", 4, name=name, near=", ".join(near or list(known)[:3]))


def _data(rule: Rule, *, with_examples: bool = False) -> dict[str, Any]:
    from ecp.validation.rules import examples

    data: dict[str, Any] = {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "title": rule.title[LANGUAGE],
        "cause": rule.cause[LANGUAGE],
        "remedy": rule.remedy[LANGUAGE],
        "docs": rule.links(LANGUAGE),
    }
    if with_examples:
        data["examples"] = [_example(one) for one in examples().get(rule.id, ())]
    return data


def _example(one: Example) -> dict[str, Any]:
    """Return an example, with the objects that it is applied over where there are some."""
    there = {"against": one.against} if one.against else {}
    return {"fail": one.fail, "pass": one.passing, **there}
