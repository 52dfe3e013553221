"""Plays recorded HTTP sequences of a real server to the façade and finds the first differences.

Tokens such as <rv:3> or <uid:1> stand for values that differ between runs: the first value met is
remembered, where a later request uses it. A stream is opened where it was recorded and its frames
are compared in order, bookmarks and times apart. What a simulated cluster says of itself, in
warnings of its own, is left aside.

Where controllers worked on the recorded cluster, the recorder waited between exchanges until what
it was after had come; here simulated time goes on until an answer is equal, or PATIENCE is over.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ecp.sim.admission.strategies import SIMULATED

from .bare import Client, Got, Host
from .edits import undone
from .leftovers import BETWEEN, LEFT
from .reasons import REASONS

TOKEN = re.compile(r"<[a-z]+(?::(?:\d+|\?))?>")
_FILLER = re.compile(r"<'(.)' repeated (\d+) times>")
_PATCHED = re.compile(r'Invalid value: "(\{.*\})"(?=: )', re.S)
_NODE_PORTS = range(30_000, 32_768)
_NODE_PORT = re.compile(r":3[0-2]\d{3}/(TCP|UDP|SCTP)")
_KEPT = ("<rv", "<uid", "<sfx:", "<continue", "<clusterip", "<ts", "<jwt")
_GATHERED = (".status.resourceRules", ".status.nonResourceRules")
"""Lists that the server gathers from a map, whose order is random."""
_HEADERS = ("content-type", "warning", "retry-after", "location")


class Difference(Exception):
    """Where expected and actual part."""


def sequences(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield readable(json.loads(line))


# The recorded control plane's programs, and its administrator, were called otherwise.
CALLED = {
    "kube-kcm": "kube-controller-manager",
    "hollow-kubelet": "kubelet",
    "oracle-admin": "system:admin",
}
_ADDRESS = "192.0.2.10:16443"
_BELOW = (f"https://{_ADDRESS}/openid", f"https://{_ADDRESS}/clusters/default/openid")
_HOST = ("default-scheduler-vm", "default-scheduler-control-plane")
_PREFIX = "/clusters/default"
"""Where the cluster is served here; the recorded one was alone on its server."""
_POD_NAME = re.compile(r"(<hash:\d+>)-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])")
"""A pod's name: what follows the hash was drawn."""
_DRAWN_NAME = re.compile(r"(?<=[a-z]-)[bcdfghjklmnpqrstvwxz2456789]{5}(?=[\"./ ])")
"""The end of a drawn name, where a recorded text shows it."""
_PLACED = re.compile(r"/(?:pods|events|endpointslices|endpoints)\b")
_NODE, _ZONE = re.compile(r"\bnode-\d\b"), re.compile(r'(?<=")z[01](?=")')


def readable(sequence: dict[str, Any]) -> dict[str, Any]:
    """Return a sequence in which what only that recording could know is a token.

    Where a scheduler worked, that is also the nodes on which it put pods: of many that fit it
    takes one by chance.
    """
    text = _POD_NAME.sub(r"\1-<sfx:?>", json.dumps(sequence)).replace(*_HOST)
    text = reached(text.replace(*_BELOW))
    for theirs, ours in CALLED.items():
        text = text.replace(theirs, ours)
    found: dict[str, Any] = undone(json.loads(text))
    if found.get("components") == "all":
        for exchange in found.get("exchanges", ()):
            if _PLACED.search(exchange["req"]["path"]):
                exchange["res"] = _unplaced(exchange["res"])
    return found


_REFUSED = r"Get \\*\"https://[\d.:]+/healthz\\*\": dial tcp [\d.:]+ connect: connection refused"
_UNREACHED = (
    (
        re.compile(rf'"status": "False", "message": "{_REFUSED}"'),
        '"status": "True", "message": "ok"',
    ),
    (re.compile(rf'"Unhealthy", "{_REFUSED}"'), '"Healthy", "ok"'),
    (re.compile(rf"Unhealthy +{_REFUSED}"), "Healthy ok"),
)


def reached(text: str) -> str:
    """Let the parts of a recorded control plane be well that its server looked for elsewhere."""
    for pattern, well in _UNREACHED:
        text = pattern.sub(well, text)
    return text


def _unplaced(answer: Any) -> Any:
    text = _DRAWN_NAME.sub("<sfx:?>", json.dumps(answer))
    return json.loads(_ZONE.sub("<zone:?>", _NODE.sub("<node:?>", text)))


def filled(value: Any, known: dict[str, str]) -> Any:
    """Replace the tokens in *value* that are known, write out what was abbreviated."""
    if isinstance(value, str):
        value = _FILLER.sub(lambda found: found[1] * int(found[2]), value)
        return TOKEN.sub(lambda found: known.get(found[0]) or _made_up(found[0], known), value)
    if isinstance(value, list):
        return [filled(item, known) for item in value]
    if isinstance(value, dict) and "<large body>" in value:
        return _large(value)
    if isinstance(value, dict):
        return {filled(key, known): filled(item, known) for key, item in value.items()}
    return value


def _match_patched(want: str, got: str, known: dict[str, str], path: str) -> None:
    """Compare two messages that repeat a whole object: the order of its fields does not count."""
    wanted, found = _PATCHED.search(want), _PATCHED.search(got)
    if wanted is None or found is None:
        raise Difference(f"{path}: want {want!r}, got {got!r}")
    match(want.replace(wanted[0], ""), got.replace(found[0], ""), known, path)
    objects = [json.loads(json.loads(f'"{one[1]}"')) for one in (wanted, found)]
    for one in objects:
        one["metadata"].pop("resourceVersion", None)
    match(*objects, known, f"{path}.patch")


def _made_up(token: str, known: dict[str, str]) -> str:
    """Return a value for a token that no answer has explained: the client made it up."""
    number = re.search(r"\d+", token)
    if token.startswith("<uid") and number:
        known[token] = f"00000000-0000-4000-8000-{int(number[0]):012}"
    elif token.startswith("<clusterip") and number:
        known[token] = f"10.96.250.{number[0]}"
    return known.get(token, token)


def _large(body: dict[str, Any]) -> Any:
    """Write out a body of which only its size and its beginning were kept."""
    head = body["head"]
    tail = '"' + "}" * (head.count("{") - head.count("}"))
    return json.loads(head + "x" * (body["<large body>"] - len(head) - len(tail)) + tail)


def _learn_token(token: str, text: str, known: dict[str, str]) -> None:
    """Each token stands for a value of its own."""
    family = token.split(":")[0]
    taken = any(other.split(":")[0] == family and known[other] == text for other in known)
    if token.startswith(_KEPT) and not (taken and family in ("<uid", "<clusterip")):
        known.setdefault(token, text)


def match(want: Any, got: Any, known: dict[str, str], path: str = "") -> None:
    """Raises Difference; learns what tokens stand for."""
    if isinstance(want, str) and _FILLER.search(want):
        want = filled(want, known)
    if isinstance(want, str) and isinstance(got, str) and _PATCHED.search(want):
        _match_patched(want, got, known, path)
        return
    if path.endswith("odePort") and {want in _NODE_PORTS, got in _NODE_PORTS} == {True}:
        return
    if isinstance(want, str) and isinstance(got, str) and want != got:
        # Node ports that a Table shows were drawn.
        want, got = (_NODE_PORT.sub(r":<port>/\1", text) for text in (want, got))
        want, got = (text.replace("<port>", "30000") for text in (want, got))
    if isinstance(want, str) and isinstance(got, str) and TOKEN.search(want):
        parts, tokens = TOKEN.split(want), TOKEN.findall(want)
        pattern = "(.*?)".join(map(re.escape, parts))
        found = re.fullmatch(pattern, got, re.S)
        if found is None:
            raise Difference(f"{path}: want {want!r}, got {got!r}")
        for token, text in zip(tokens, found.groups(), strict=True):
            _learn_token(token, text, known)
    elif isinstance(want, dict) and isinstance(got, dict):
        plain = {key for key in want if not TOKEN.search(key)}
        for key in plain:
            if key not in got:
                raise Difference(f"{path}.{key}: missing, want {json.dumps(want[key])[:300]}")
            match(want[key], got[key], known, f"{path}.{key}")
        if len(plain) == len(want) and (more := got.keys() - plain):
            raise Difference(f"{path}: more than wanted: {sorted(more)}")
    elif isinstance(want, list) and isinstance(got, list):
        if path.endswith(".managedFields") and any(row["manager"] in _BUSY for row in want):
            want, got = _by_writer(want), _by_writer(got)
        if path in _GATHERED:
            want, got = (sorted(one, key=orjson.dumps) for one in (want, got))
        if len(want) != len(got):
            raise Difference(f"{path}: {len(want)} items wanted, got {json.dumps(got)[:300]}")
        for at, (one, other) in enumerate(zip(want, got, strict=True)):
            match(one, other, known, f"{path}[{at}]")
    elif _alike(want, got, path):
        return
    elif want != got or type(want) is not type(got):
        raise Difference(f"{path}: want {json.dumps(want)[:300]}, got {json.dumps(got)[:300]}")


def _by_name(answer: dict[str, Any]) -> dict[str, Any]:
    """Sort the parts of a control plane: the server asks all at once and lists who answers."""
    return {
        field: sorted(value, key=orjson.dumps) if field in ("items", "rows") else value
        for field, value in answer.items()
    }


_BUSY = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver")


def _by_writer(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort rows of managedFields: their order is one of seconds, which pass otherwise here."""
    who = ("operation", "manager", "apiVersion", "subresource")
    return sorted(rows, key=lambda row: [row.get(part, "") for part in who])


_KEY_OF_MAP = re.compile(r"(.*)\[[^\]\d][^\]]*\]")


def in_order(want: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    """Return the Status *got* with complaints about one map's keys in the order of *want*.

    The server walks a map, whose order is random.
    """
    causes = [((one.get("details") or {}).get("causes") or []) for one in (want, got)]
    shown = [[(cause.get("field", ""), cause.get("message", "")) for cause in of] for of in causes]
    if shown[0] == shown[1] or sorted(shown[0]) != sorted(shown[1]):
        return got
    maps = [[_KEY_OF_MAP.sub(r"\1", field) for field, _ in of] for of in shown]
    if maps[0] != maps[1]:
        return got
    said = [", ".join(f"{field}: {message}" for field, message in of) for of in shown]
    message = got["message"].replace(said[1], said[0])
    ordered = [causes[1][shown[1].index(one)] for one in shown[0]]
    return {**got, "message": message, "details": {**got["details"], "causes": ordered}}


_AGE = re.compile(r"(?:\d+[ydhms])+|<invalid>")
_OPAQUE = ("<base64>", "<base64 jwt>")


def _alike(want: Any, got: Any, path: str) -> bool:
    """Are both an age that a row shows, or both what only a server can read?"""
    if not (isinstance(want, str) and isinstance(got, str)):
        return False
    aged = ".cells[" in path and _AGE.fullmatch(want) and _AGE.fullmatch(got)
    return bool(aged) or (want in _OPAQUE and re.fullmatch(r"[\w+/=-]+", got) is not None)


class Result(NamedTuple):
    """What became of one exchange; `difference` "" means equal."""

    number: int
    request: str
    difference: str


_MOMENT = 0.1
PATIENCE = 90
"""Seconds of simulated time for which an answer is awaited where controllers work."""


async def play(sequence: dict[str, Any], client: Client, host: Host) -> list[Result]:
    """Send a sequence's requests in order; return how each was answered."""
    lives = sequence.get("components") == "all" and hasattr(host.cluster, "run_until")
    known: dict[str, str] = {}
    prep: dict[int, list[dict[str, Any]]] = {}
    for step in sequence.get("prep", ()):
        prep.setdefault(step.get("before", 1), []).append(step)
    results: list[Result] = []
    streams: list[tuple[dict[str, Any], asyncio.Task[Got], asyncio.Event]] = []
    for path, body in LEFT.get(sequence["id"], ()):
        await client.ask("POST", path, body)
    for exchange in sequence["exchanges"]:
        for step in prep.get(exchange["n"], ()):
            if "method" in step:
                await client.ask(
                    step["method"],
                    filled(step["path"], known),
                    filled(step["body"], known) if step.get("body") is not None else None,
                    type_=step.get("content_type") or "application/json",
                )
                if lives:
                    await host.live(_MOMENT)
        if happened := BETWEEN.get((sequence["id"], exchange["n"])):
            await happened(client, host)
        if lives:
            await host.live(_MOMENT if exchange["req"]["method"] == "GET" else 1)
        if exchange.get("stream"):
            leave = asyncio.Event()
            task = asyncio.ensure_future(_ask(exchange, client, known, leave))
            await asyncio.sleep(0)
            if exchange["res"].get("ended") == "server" and not _outlives(exchange):
                results.append(_judged(exchange, await task, known))
            else:
                await asyncio.sleep(0.05)
                streams.append((exchange, task, leave))
            continue
        explained = exchange["n"] in REASONS.get(sequence["id"], ())
        if lives and not explained and exchange["req"]["method"] == "GET":
            results.append(await _awaited(exchange, client, host, known))
            continue
        results.append(_judged(exchange, await _ask(exchange, client, known), known))
    if lives:
        await host.live(10)
    await asyncio.sleep(1)
    for exchange, task, leave in streams:
        leave.set()
        results.append(_judged(exchange, await task, known))
    return sorted(results)


def _outlives(exchange: dict[str, Any]) -> bool:
    """Did a stream show what came of the exchanges after it?"""
    return any(one["after"] > exchange["n"] for one in exchange["res"].get("frames") or ())


async def _awaited(
    exchange: dict[str, Any], client: Client, host: Host, known: dict[str, str]
) -> Result:
    """Ask again, a second later and a second later, until the answer is the recorded one."""
    for _ in range(PATIENCE):
        tried = dict(known)
        result = _judged(exchange, await _ask(exchange, client, tried), tried)
        if not result.difference:
            break
        await host.live(1)
    known.update(tried)
    return result


async def _ask(
    exchange: dict[str, Any],
    client: Client,
    known: dict[str, str],
    leave: asyncio.Event | None = None,
) -> Got:
    request = exchange["req"]
    query = f"?{filled(request['query'], known)}" if request.get("query") else ""
    headers = {"Host": _ADDRESS, **filled(request["headers"], known)}
    accept, type_ = headers.pop("Accept", ""), headers.pop("Content-Type", "")
    body: Any = None
    if request.get("raw") is not None:
        body = request["raw"].encode()
    elif request.get("body") is not None:
        body = _of_now(filled(request["body"], known), known)
    url = filled(request["path"], known) + query
    return await client.ask(
        request["method"], url, body, type_=type_, accept=accept, headers=headers, leave=leave
    )


_VERSION = "/metadata/resourceVersion"


def _of_now(body: Any, known: dict[str, str]) -> Any:
    """A JSON patch that names the recording's version of an object names the newest seen here."""
    versions = [key for key in known if key.startswith("<rv:") and key != "<rv:?>"]
    if not isinstance(body, list) or not versions:
        return body
    newest = known[max(versions, key=lambda token: int(token[4:-1]))]
    of_now = {"path": _VERSION, "value": newest}
    return [
        {**step, **of_now} if isinstance(step, dict) and step.get("path") == _VERSION else step
        for step in body
    ]


def _judged(exchange: dict[str, Any], got: Got, known: dict[str, str]) -> Result:
    request = exchange["req"]
    shown = f"{request['method']} {request['path']}?{request.get('query', '')}"
    try:
        _compare(exchange, got, known)
    except Difference as difference:
        _learn(exchange["res"].get("body"), got, known)
        return Result(exchange["n"], shown, str(difference))
    return Result(exchange["n"], shown, "")


def _learn(want: Any, got: Any, known: dict[str, str]) -> None:
    """Learn what tokens stand for in an answer that differs: the next requests name them."""
    if isinstance(got, Got):
        with contextlib.suppress(orjson.JSONDecodeError):
            _learn(want, got.json, known)
    elif isinstance(want, dict) and isinstance(got, dict):
        for key in want.keys() & got.keys():
            _learn(want[key], got[key], known)
    elif isinstance(want, list) and isinstance(got, list):
        for one, other in zip(want, got, strict=False):
            _learn(one, other, known)
    else:
        with contextlib.suppress(Difference):
            match(want, got, known)


def _reduced(want: Any) -> bool:
    """Was an object cut to its kind and the few fields that were asked about?"""
    kept = {"kind", "metadata", "deletionTimestamp", "finalizers"}
    return isinstance(want, dict) and "kind" in want and want.keys() <= kept


def _match_reduced(want: dict[str, Any], got: Any, known: dict[str, str]) -> None:
    meta = got.get("metadata") or {}
    shown = {"kind": got.get("kind")}
    if "metadata" in want:
        shown["metadata"] = {key: meta.get(key) for key in want["metadata"]}
    if "deletionTimestamp" in want:
        shown["deletionTimestamp"] = "deletionTimestamp" in meta
        shown["finalizers"] = meta.get("finalizers")
    match(want, shown, known)


def _compare(exchange: dict[str, Any], got: Got, known: dict[str, str]) -> None:
    want = exchange["res"]
    if got.status != want["status"]:
        raise Difference(f"status {want['status']} wanted, got {got.status}: {got.body[:300]!r}")
    for name in _HEADERS:
        wanted = want["headers"].get(name)
        wanted = filled([wanted] if isinstance(wanted, str) else wanted, known)
        if name == "content-type" and (got.status == 204 or wanted is None):
            continue
        found = [one for one in got.headers.get(name, ()) if SIMULATED not in one] or None
        if name == "location" and found:
            found = [one.removeprefix(_PREFIX) for one in found]
        if wanted != found:
            raise Difference(f"header {name}: want {wanted}, got {found}")
    whole = want.get("body") is not None or want.get("text") is not None
    if want.get("frames") is not None or (exchange.get("stream") and not whole):
        late = _outlives(exchange)
        _compare_frames(want.get("frames") or [], got, known, late=late)
    elif want.get("body") is not None:
        if list(want["body"])[1:] == ["item_names"]:
            match(
                want["body"]["item_names"],
                [i["metadata"]["name"] for i in got.json["items"]],
                known,
            )
        elif "<large>" in want["body"]:
            if abs(len(got.body) - want["body"]["<large>"]) > 100:
                raise Difference(f"{len(got.body)} bytes")
        elif _reduced(want["body"]):
            _match_reduced(want["body"], got.json, known)
        elif not exchange.get("rows_cut"):
            wanted, found = want["body"], in_order(want["body"], got.json)
            if exchange["req"]["path"].endswith("/componentstatuses"):
                wanted, found = _by_name(wanted), _by_name(found)
            match(wanted, found, known)
    elif want.get("text") is not None:
        match(want["text"], got.body.decode(), known)


def _compare_frames(
    want: list[dict[str, Any]], got: Got, known: dict[str, str], *, late: bool
) -> None:
    """Compare a stream; one that ended *late*, after other exchanges, at another instant."""
    wanted = [one["frame"] for one in want]
    frames = got.frames[: len(wanted)] if late else got.frames
    if any("type" not in frame for frame in wanted):
        match(wanted[0], got.json, known)
        return
    match(
        [frame for frame in wanted if frame["type"] != "BOOKMARK"],
        [frame for frame in frames if frame["type"] != "BOOKMARK"],
        known,
    )
    marks = [_without_cells(f) for f in wanted if f["type"] == "BOOKMARK"]
    if marks:
        found = [_without_cells(f) for f in frames if f["type"] == "BOOKMARK"]
        match(marks, found, known)


def _without_cells(frame: dict[str, Any]) -> dict[str, Any]:
    """A Table's bookmark carries a row of zero values that no client shows."""
    rows = frame["object"].get("rows")
    if rows:
        rows[0].pop("cells")
    return frame
