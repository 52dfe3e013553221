"""What `--help` shows and what a wrong call is told, in the reader's language.

typer parses; its own pages and complaints are English only and count letters, not columns.
"""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from ecp.cli.options import said
from ecp.cli.output import Failure, padded, program
from ecp.texts import width

_MARGIN, _WIDEST, _NARROWEST, _TERM = 2, 100, 50, 28
# Found by `ecp completion`; they do the same and stay for those who know them.
_UNSHOWN = ("--install-completion", "--show-completion")
_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)

PARTS = {
    "job": (
        "validate", "rules", "rehearse", "rehearsal", "replay", "bisect", "advise", "size",
        "tenant", "manifest", "diff", "deploy", "release",
        "status", "watch", "slo", "why", "fault", "maintenance", "alerts", "audit", "images",
        "demo",
    ),
    "clusters": ("kubeconfig", "placement", "pool", "clock", "cluster", "twin"),
    "services": (
        "up", "down", "compose", "serve", "reset", "db", "mcp", "doctor", "config", "version",
        "completion",
    ),
}  # fmt: skip
"""How `ecp --help` orders its commands: part, commands in the order of work."""

EXAMPLES = {
    "ecp": (
        "ecp up",
        "ecp validate -f examples/chatbot.yaml",
        "ecp deploy acme -f examples/chatbot.yaml --wait",
    ),
    "ecp up": ("ecp up", "ECP_BACKEND_PORT=8002 ecp up", "ecp up --profile full"),
    "ecp mcp": ("ecp mcp", "ecp mcp --demo", "ecp mcp --allow-deploy"),
    "ecp twin import": (
        "ecp twin import acme-ecp-ai --from prod",
        "ecp twin import acme-ecp-ai --from prod --into acme-twin -o json",
    ),
    "ecp compose up": (
        "ecp compose up -d",
        "ecp compose up -d backend frontend postgres postgres-demo redis",
    ),
    "ecp compose down": ("ecp compose down",),
    "ecp compose restart": ("ecp compose restart k8s-simulator-backend",),
    "ecp compose stop": ("ecp compose stop prometheus",),
    "ecp compose start": ("ecp compose start prometheus",),
    "ecp compose ps": ("ecp compose ps", "ecp compose ps -o json"),
    "ecp compose logs": ("ecp compose logs -f backend", "ecp compose logs --tail 20"),
    "ecp compose exec": (
        "ecp compose exec k8s-simulator-postgres pg_isready -U k8s_user",
        "ecp compose exec backend curl http://k8s-simulator-backend:8000/health",
    ),
    "ecp serve": ("ecp serve k8s-simulator-backend --port 8000",),
    "ecp down": ("ecp down",),
    "ecp reset": ("ecp reset --yes",),
    "ecp doctor": ("ecp doctor", "ecp doctor --profile full", "ecp doctor -o json"),
    "ecp version": ("ecp version",),
    "ecp completion": (
        'eval "$(ecp completion bash)"',
        "ecp completion zsh > ~/.zfunc/_ecp",
        "ecp completion fish > ~/.config/fish/completions/ecp.fish",
    ),
    "ecp kubeconfig": (
        "ecp kubeconfig > sim.yaml",
        "kubectl --kubeconfig sim.yaml get nodes",
    ),
    "ecp validate": (
        "ecp validate -f examples/chatbot.yaml",
        "ecp validate -f examples --kubernetes-version 1.30",
        "ecp validate -f 'examples/*.yaml' -o sarif",
        "ecp validate -f web.yaml --against cluster.yaml",
        "ecp validate -f web.yaml --context production",
        "ecp validate -f examples --baseline accepted.txt",
        "kustomize build . | ecp validate -f - -o json",
    ),
    "ecp placement": (
        "ecp placement web-0",
        "ecp placement stt-7d4b9c6f5-x2x4p -n acme-ecp-ai -o json",
    ),
    "ecp pool list": ("ecp pool list", "ecp pool list -o json"),
    "ecp pool show": ("ecp pool show gpu",),
    "ecp pool set": (
        "ecp pool set main --size 5",
        "ecp pool set main --min 2 --max 10",
        "ecp pool set gpu --stock kr-1=0 --boot machine=5m",
    ),
    "ecp pool add-node": ("ecp pool add-node main", "ecp pool add-node main --zone kr-2"),
    "ecp pool remove-node": ("ecp pool remove-node main main-1 --drain-timeout 10m",),
    "ecp pool upgrade": (
        "ecp pool upgrade main --version v1.36.3 --wait",
        "ecp pool upgrade main --version v1.36.3 --max-surge 2 --no-force",
    ),
    "ecp pool quota": ("ecp pool quota", "ecp pool quota --nodes 20 --gpus 4"),
    "ecp rules list": ("ecp rules list", "ecp rules list -o json"),
    "ecp rules explain": ("ecp rules explain E0201", "ecp rules explain selector-mismatch"),
    "ecp rehearse": (
        "ecp rehearse -f examples/chatbot.yaml",
        "ecp rehearse -f examples/chatbot.yaml --for 7d --fault node_down@2h+30m",
        "ecp rehearse examples/scenarios/node-lost.yaml -o html > report.html",
        "ecp rehearse examples/scenarios/node-lost.yaml --runs 100 --jobs 2 --results runs",
    ),
    "ecp rehearsal list": ("ecp rehearsal list", "ecp rehearsal list --limit 50 -o json"),
    "ecp rehearsal cancel": ("ecp rehearsal cancel 3",),
    "ecp rehearsal resume": ("ecp rehearsal resume 3",),
    "ecp rehearsal again": (
        "ecp rehearsal again 3 --seed 17",
        "ecp rehearsal again 3 --seed 17 --variant two-zones",
    ),
    "ecp rehearsal delete": ("ecp rehearsal delete 3",),
    "ecp replay": ("ecp replay result.json",),
    "ecp bisect": (
        "ecp bisect good.yaml bad.yaml",
        "ecp bisect scenario.yaml bad.yaml --jobs 2 -o json",
    ),
    "ecp advise": (
        "ecp advise acme --sla 99.5",
        "ecp advise examples/scenarios/too-few-replicas.yaml --jobs 2",
    ),
    "ecp size": (
        "ecp size --callbot 10 --chatbot 50 --advisor 5",
        "ecp size --preset medium --provider aws --gpu l4",
        "ecp size --preset large --prices our-prices.yaml -o json",
        "ecp size --preset small -o cluster > bought.yaml",
    ),
    "ecp manifest": (
        "ecp manifest acme > acme.yaml",
        "ecp manifest acme --format kustomize -o acme.zip",
        "ecp manifest acme --format offline --registry registry.corp.example:5000 -o acme.zip",
    ),
    "ecp tenant create": (
        "ecp tenant create acme",
        "ecp tenant create acme --callbot 10 --chatbot 50 --advisor 5 --sla 99.9",
    ),
    "ecp tenant list": ("ecp tenant list", "ecp tenant list --preset small -o name"),
    "ecp tenant get": ("ecp tenant get acme", "ecp tenant get acme -o yaml"),
    "ecp tenant demand": (
        "ecp tenant demand acme",
        "ecp tenant demand acme -f demand.yaml",
        "ecp tenant demand acme --series callbot=calls.csv --unit count --repeat",
    ),
    "ecp tenant delete": ("ecp tenant delete acme", "ecp tenant delete acme --yes"),
    "ecp tenant update": (
        "ecp tenant update acme --owner team-voice -l tier=gold --timezone Asia/Seoul",
        "ecp tenant update acme -l tier-",
    ),
    "ecp tenant scale": (
        "ecp tenant scale acme --callbot 40",
        "ecp tenant scale acme --chatbot 200 --later",
    ),
    "ecp tenant stop": ("ecp tenant stop acme",),
    "ecp tenant start": ("ecp tenant start acme",),
    "ecp tenant restart": ("ecp tenant restart acme",),
    "ecp tenant clone": ("ecp tenant clone acme acme-2",),
    "ecp tenant check": ("ecp tenant check acme",),
    "ecp tenant history": ("ecp tenant history acme --limit 10",),
    "ecp tenant resources": (
        "ecp tenant resources acme --problems",
        "ecp tenant resources acme --kind Pod -l app=stt",
    ),
    "ecp db current": ("ecp db current",),
    "ecp db upgrade": ("ecp db upgrade",),
    "ecp db downgrade": ("ecp db downgrade 0001 --yes",),
    "ecp db backup": ("ecp db backup monday.ecp",),
    "ecp db restore": ("ecp db restore monday.ecp", "ecp db restore monday.ecp --force"),
    "ecp db reseal": ("ecp db reseal", "ECP_SECRET_KEY_OLD=$old ecp db reseal"),
    "ecp diff": ("ecp diff acme", "ecp diff acme -f examples/chatbot.yaml -o json"),
    "ecp release history": ("ecp release history acme",),
    "ecp release show": ("ecp release show acme 3",),
    "ecp release compare": ("ecp release compare acme 2 3",),
    "ecp release rollback": (
        "ecp release rollback acme 2 --wait",
        "ecp release rollback acme 2 --confirm production",
    ),
    "ecp release watch": ("ecp release watch acme", "ecp release watch acme 3 -o json"),
    "ecp deploy": (
        "ecp deploy acme --wait",
        "ecp deploy acme -f examples/chatbot.yaml --wait --timeout 5m",
        "ecp deploy acme --waves wait --on-failure rollback --wait",
        "ecp deploy acme --rehearse block --for 24h --fault node_down@2h",
    ),
    "ecp status": ("ecp status", "ecp status acme"),
    "ecp watch": ("ecp watch acme", "ecp watch acme --interval 1 --count 60"),
    "ecp slo report": (
        "ecp slo report acme",
        "ecp slo report acme --period 7d -o json",
        "ecp slo report acme --month 2026-11 --format pdf -o november.pdf",
        "ecp slo report acme --month 2026-11 --format zip --language ko",
    ),
    "ecp slo statements": (
        "ecp slo statements acme",
        "ecp slo statements acme --close 2026-11",
    ),
    "ecp slo contract": (
        "ecp slo contract acme",
        "ecp slo contract acme -o yaml > contract.yaml",
        "ecp slo contract acme -f contract.yaml",
    ),
    "ecp slo compute": ("ecp slo compute slots.json", "ecp slo compute - < slots.json"),
    "ecp slo rules": (
        "ecp slo rules acme > acme.rules.yml",
        "ecp slo rules acme --target 99.9 --period calendar-month --month 2026-11",
    ),
    "ecp slo export": (
        "ecp slo export acme --period 30d > acme.om",
        "ecp slo export acme --format openslo --period 30d > acme.slo.yaml",
    ),
    "ecp slo import": ("ecp slo import -f acme.slo.yaml", "ecp slo import -f - -o openslo"),
    "ecp why": ("ecp why acme --at 2026-01-05T09:00:00Z",),
    "ecp maintenance create": (
        "ecp maintenance create acme --start 2026-01-06T18:00:00Z --end 2026-01-06T19:00:00Z "
        "--reason upgrade",
        "ecp maintenance create acme --start 2026-01-10T18:00:00Z --end 2026-01-10T19:00:00Z "
        "--reason patching --rrule 'FREQ=WEEKLY;BYDAY=SU'",
    ),
    "ecp maintenance list": ("ecp maintenance list acme",),
    "ecp maintenance delete": ("ecp maintenance delete acme m1",),
    "ecp alerts list": ("ecp alerts list", "ecp alerts list --tenant acme --state all"),
    "ecp alerts show": ("ecp alerts show 3",),
    "ecp alerts ack": ('ecp alerts ack 3 --who kim --note "on it"',),
    "ecp alerts silence": (
        'ecp alerts silence --tenant acme --rule cpu_high --for 2h --why "load test"',
    ),
    "ecp alerts silences": ("ecp alerts silences",),
    "ecp alerts unsilence": ("ecp alerts unsilence 1",),
    "ecp alerts routes": ("ecp alerts routes",),
    "ecp alerts add-route": (
        "ecp alerts add-route on-call --kind dooray --target env:DOORAY_URL",
        "ecp alerts add-route mail --kind email --target ops@example.com --severity critical",
    ),
    "ecp alerts set-route": (
        "ecp alerts set-route 1 --severity critical --resolved",
        "ecp alerts set-route 1 --disabled",
    ),
    "ecp alerts remove-route": ("ecp alerts remove-route 1",),
    "ecp alerts policy": (
        "ecp alerts policy acme",
        "ecp alerts policy acme --preset standard --off gpu_high",
    ),
    "ecp alerts backtest": ("ecp alerts backtest acme", "ecp alerts backtest acme --days 7"),
    "ecp alerts rules": ("ecp alerts rules acme",),
    "ecp alerts add-rule": (
        "ecp alerts add-rule acme high-usage --condition 'cpu_usage > 85 OR memory_usage > 90'",
        "ecp alerts add-rule acme slow --condition 'response_time > 2000' --for 10m --tell email",
    ),
    "ecp alerts remove-rule": ("ecp alerts remove-rule acme high-usage",),
    "ecp alerts test": ("ecp alerts test 1",),
    "ecp audit": (
        "ecp audit",
        "ecp audit --tenant acme --outcome refused",
        "ecp audit --q sim-deploy-2",
        "ecp audit --action failure --from 2026-01-05T00:00:00Z --csv > audit.csv",
    ),
    "ecp images list": ("ecp images list", "ecp images list --service callbot"),
    "ecp images add": (
        "ecp images add callbot 1.4.2 harbor.ecp-ai.com/ecp-ai/callbot:1.4.2 --fact start=12s",
    ),
    "ecp images remove": ("ecp images remove callbot 1.4.2",),
    "ecp images registries": ("ecp images registries",),
    "ecp images set-registry": (
        "ecp images set-registry inner --host harbor.internal:5000 --rewrites harbor.ecp-ai.com",
    ),
    "ecp images remove-registry": ("ecp images remove-registry inner",),
    "ecp images of": ("ecp images of acme",),
    "ecp images deploy": ("ecp images deploy acme callbot=1.4.2",),
    "ecp demo status": ("ecp demo status",),
    "ecp demo make": ("ecp demo make", "ecp demo make --days 3"),
    "ecp demo reset": ("ecp demo reset --yes",),
    "ecp demo manifest": ("ecp demo manifest > broken.yaml",),
    "ecp config view": ("ecp config view", "ecp config view --show-origin"),
    "ecp config set": (
        "ecp config set slaTarget=99.9",
        "ecp config set deploymentMethod=kubernetes kubeContext=staging",
        "ecp config set slaTarget=",
    ),
    "ecp fault list": (
        "ecp fault list",
        "ecp fault list acme",
        "ecp fault list --cluster default",
    ),
    "ecp fault trigger": (
        "ecp fault trigger acme cpu_spike",
        "ecp fault trigger acme --type service_down --target stt --duration 2m --wait",
    ),
    "ecp fault inject": (
        "ecp fault inject node_down:cpu-1+30m",
        "ecp fault inject pod_crash:deployment/web@10m -n acme",
        "ecp fault inject network_loss:deployment/stt,to=deployment/nlp+5m",
        "ecp fault inject node_down --only acme --max-percent 50",
    ),
    "ecp fault stop": ("ecp fault stop f1", "ecp fault stop --all"),
    "ecp fault preview": ("ecp fault preview zone_down:kr-1a",),
    "ecp fault install": ("ecp fault install", "ecp fault install --cluster default"),
    "ecp cluster create": (
        "ecp cluster create team-a --seed 4",
        "ecp cluster create big --model large --start 2026-01-05T00:00:00Z",
    ),
    "ecp cluster list": ("ecp cluster list", "ecp cluster list -o name"),
    "ecp cluster delete": ("ecp cluster delete team-a",),
    "ecp cluster load": (
        "ecp cluster load acme",
        "ecp cluster load acme callbot=14 --cluster team-a",
        "ecp cluster load acme --contracted",
    ),
    "ecp cluster export": ("ecp cluster export clusters.tar", "ecp cluster export a.tar team-a"),
    "ecp cluster import": (
        "ecp cluster import clusters.tar --force",
        "ECP_SIMULATOR_DATABASE_URL=postgresql://… ecp cluster import a.tar team-a",
    ),
    "ecp clock show": ("ecp clock show",),
    "ecp clock pause": ("ecp clock pause --cluster team-a",),
    "ecp clock resume": ("ecp clock resume",),
    "ecp clock speed": ("ecp clock speed 20",),
    "ecp clock step": ("ecp clock step 5m",),
    "ecp clock warp": ("ecp clock warp +2h", "ecp clock warp 2026-12-24T09:00:00Z"),
    "ecp clock on-restart": ("ecp clock on-restart resume",),
    "ecp clock snapshot": ("ecp clock snapshot before-rollout",),
    "ecp clock restore": ("ecp clock restore before-rollout --cluster team-a",),
    "ecp clock fork": ("ecp clock fork what-if --snapshot before-rollout",),
}
"""What is shown under a command's help; a test parses every one of them."""


class Command(TyperCommand):
    """A command with a help page of ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_page(self, ctx))


class Commands(TyperGroup):
    """A group of commands with a help page of ours; a wrong name is told the near ones."""

    command_class = Command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_page(self, ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            near = get_close_matches(name, self.commands, cutoff=0.5)
            raise Failure(
                "usage.no-such-command",
                2,
                name=name,
                known=", ".join(near or self.commands),
                ecp=_path(ctx),
            )
        return super().resolve_command(ctx, args)


def dressed(app: typer.Typer) -> typer.Typer:
    """Give *app* and all below it the pages and words of this module."""
    app.info.cls = Commands
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            dressed(group.typer_instance)
    return app


def complaint(error: Exception) -> str | None:
    """Return what to say of typer's *error*: the help of a group called alone, else what is wrong.

    None for an error that is not typer's.

    Told by what each of its errors carries: typer's classes of them are private.
    """
    if not hasattr(error, "format_message"):
        return None
    ctx = getattr(error, "ctx", None)
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return help_page(error.ctx.command, error.ctx).rstrip()  # type: ignore[attr-defined]
    raw = str(error.format_message())
    if kind == "MissingParameter":
        said_ = said("usage.missing", name=_named(error))
    elif kind == "NoSuchOption":
        near = getattr(error, "possibilities", None)
        key = "usage.no-such-option-near" if near else "usage.no-such-option"
        option = getattr(error, "option_name", "")
        said_ = said(key, option=option, near=", ".join(sorted(near or ())))
    elif kind == "BadOptionUsage":
        said_ = said("usage.needs-value", option=getattr(error, "option_name", ""))
    elif kind == "BadParameter":
        said_ = said("usage.bad-value", name=_named(error), detail=_wanted(error, raw))
    elif extra := _EXTRA.fullmatch(raw):
        said_ = said("usage.too-many", arguments=extra[1])
    else:
        said_ = raw
    hint = "" if ctx is None else "\n" + said("usage.hint", command=_path(ctx))
    return f"ecp: {said_}{hint}"


def _named(error: Any) -> str:
    return "" if error.param is None else _shown(error.param)


def _shown(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return " / ".join(parameter.opts)


def _wanted(error: Any, raw: str) -> str:
    """Return what a parameter wants: a number of some range, else what typer says of it."""
    kind = _type(error.param)
    if kind not in ("int", "float"):
        return str(getattr(error, "message", raw))
    low, high = error.param.min, error.param.max
    if low is None and high is None:
        return said(f"usage.{kind}")
    if high is None:
        return said(f"usage.{kind}-from", low=low)
    return said(f"usage.{kind}-range", low=low, high=high)


def _type(parameter: Any) -> str:
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    return getattr(annotation, "__name__", "")


# -- the page -------------------------------------------------------------------------------------


def help_page(command: Any, ctx: Any) -> str:
    """Return the help of *command*: what it does, usage, examples, arguments, options, commands."""
    columns = max(min(shutil.get_terminal_size().columns - _MARGIN, _WIDEST), _NARROWEST)
    path = _path(ctx)
    lines = [*wrapped(command.help or "", columns), ""]
    lines += [said("usage.usage"), f"  {_usage(command, path)}", ""]
    parameters = [p for p in command.get_params(ctx) if not p.hidden and p.opts[0] not in _UNSHOWN]
    arguments = [p for p in parameters if p.param_type_name == "argument"]
    options = [p for p in parameters if p.param_type_name == "option"]
    below = getattr(command, "commands", {})
    for name, rows in _parts(path, below):
        lines += _part(said(f"usage.part.{name}"), rows, columns)
    lines += _part(said("usage.arguments"), [(_shown(p), p.help or "") for p in arguments], columns)
    lines += _part(said("usage.options"), [(_option(p), _about(p)) for p in options], columns)
    if path in EXAMPLES:
        lines += [said("usage.examples"), *(f"  {_as_typed(e)}" for e in EXAMPLES[path]), ""]
    if below:
        lines += [*wrapped(said("usage.more", command=path), columns), ""]
    return "\n".join(lines).rstrip() + "\n"


def _path(ctx: Any) -> str:
    return f"ecp{ctx.command_path.removeprefix(ctx.find_root().command_path)}"


def _as_typed(example: str) -> str:
    """Return an example as it can be pasted where `ecp` is no command of the shell."""
    return re.sub(r"(?<![\w./-])ecp(?= )", lambda _: program(), example)


def _usage(command: Any, path: str) -> str:
    pieces = [_as_typed(f"{path} ").rstrip(), said("usage.some-options")]
    if getattr(command, "commands", None):
        pieces.append(said("usage.some-command"))
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = _shown(parameter)
            pieces.append(name if parameter.required or name[0] == "[" else f"[{name}]")
    return " ".join(pieces)


def _parts(path: str, below: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    if path == "ecp":
        for name, members in PARTS.items():
            yield name, [(member, _first(below[member].help or "")) for member in members]
    elif below:
        yield "commands", [(name, _first(one.help or "")) for name, one in below.items()]


def _first(help_: str) -> str:
    """Return the first sentence, or what stands before a semicolon."""
    return re.split(r"(?<=\.) |; ", help_, maxsplit=1)[0].rstrip(".")


def _option(parameter: Any) -> str:
    shown = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag:
        return shown
    name = parameter.metavar or {"int": "N", "float": "N"}.get(_type(parameter))
    return f"{shown} {name or parameter.opts[-1].strip('-').upper()}"


def _about(parameter: Any) -> str:
    if "--help" in parameter.opts:
        return said("usage.help")
    default = parameter.default
    told = parameter.help or ""
    if parameter.required:
        told += f" ({said('usage.required')})"
    elif isinstance(default, str | int | float) and not isinstance(default, bool) and default != "":
        told += f" ({said('usage.default', value=default)})"
    return told.strip()


def _part(title: str, rows: Sequence[tuple[str, str]], columns: int) -> list[str]:
    if not rows:
        return []
    wide = min(max(width(term) for term, _ in rows), _TERM) + 2
    lines = [title]
    for term, about in rows:
        text_lines = wrapped(about, columns - wide - 2) or [""]
        if width(term) > wide - 2:
            lines.append(f"  {term}")
        else:
            lines.append(f"  {padded(term, wide)}{text_lines.pop(0)}".rstrip())
        lines += [f"  {' ' * wide}{line}" for line in text_lines]
    return [*lines, ""]


def wrapped(told: str, columns: int) -> list[str]:
    """Return *told* in lines of at most so many columns, broken at blanks; wide letters count 2."""
    lines: list[str] = []
    for word in told.split():
        if lines and width(lines[-1]) + 1 + width(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def completion_of(shell: str, main: Any) -> None:
    """Print the script by which *shell* completes `ecp`; *main* is the application. Exits."""
    import os

    os.environ["_ECP_COMPLETE"] = f"source_{shell}"
    sys.argv = ["ecp"]
    main(prog_name="ecp")
