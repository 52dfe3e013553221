"""Names as who calls them feels it: how often one is looked up, what that takes, how it fails.

A resolver asks its server for each name of its search list in turn, for both kinds of addresses at
once, and waits for the answers; one that is lost it waits for until its time is up, and asks again.
All times in seconds, all shares in [0, 1].

Sources: resolv.conf(5) and glibc resolv (ndots, timeout 5 s, attempts 2, A and AAAA in parallel;
one socket for all attempts at a name); kubernetes pkg/kubelet/network/dns/dns.go (ndots:5 and three
search domains); J. Jung, A. Berger, H. Balakrishnan, Modeling TTL-based Internet caches, INFOCOM
2003 (how often a cache is asked in vain).
"""

from typing import NamedTuple

from ecp.workloads.queueing import InvalidLoad


class Resolver(NamedTuple):
    """How a caller looks names up.

    answer    from a question to its answer
    timeout   how long it waits for one;  attempts: how often it asks
    lost      share of questions, each with its answer, that get lost by chance
    kept      for how long it goes by what it heard;  ndots: fewer dots than that, and the search
              list comes first
    searches  domains of that list beside the kubelet's three, or (`bare`) in their place
    """

    answer: float = 0.0002
    timeout: float = 5.0
    attempts: int = 2
    lost: float = 0.0
    kept: float = 30.0
    ndots: int = 5
    searches: tuple[str, ...] = ()
    bare: bool = False


class Lookup(NamedTuple):
    """What becomes of looking a name up.

    failing   share that ends without an answer;  mean: of the others without a lost answer
    stalled   share of those that end with an answer which waited for one that was lost
    stall     by how much longer such a one takes, on the average
    """

    failing: float
    mean: float
    stalled: float
    stall: float


def questions(name: str, meant: str, namespace: str, resolver: Resolver) -> int:
    """Return how many names a resolver asks for until it comes to the one that there is.

    *meant* is that whole name, as web.shop.svc.cluster.local; another name of its zone (of a pod of
    a headless Service) will do. `web` asked from shop takes 1, `web.shop` 2, and the whole name 4,
    unless it ends with a dot.
    """
    bare = name.rstrip(".").lower()
    zone = "svc.cluster.local"
    usual = () if resolver.bare else (f"{namespace}.{zone}", zone, "cluster.local")
    searches = (*usual, *resolver.searches)
    asked = [] if name.endswith(".") else [f"{bare}.{domain}" for domain in searches]
    asked.insert(0 if bare.count(".") >= resolver.ndots else len(asked), bare)
    for number, one in enumerate(asked, start=1):
        if one == meant or one.endswith(f".{meant}"):
            return number
    return len(asked)


def looked_up(rate: float, kept: float, answered: float = 1.0) -> float:
    """Return the share of calls for which a caller looks the name up, with *rate* calls a second.

    It goes by an answer for *kept* seconds; of its questions that share is *answered*. An answer
    serves the call that asked and the rate x kept calls after it, and comes after 1/answered
    questions. Source: Jung et al. 2003, eq. 1 (renewal of a cache that nobody refreshes).
    """
    if rate < 0 or kept < 0 or not 0 <= answered <= 1:
        raise InvalidLoad(f"rate {rate!r}, kept {kept!r}, answered {answered!r}: out of range")
    return 1 / (1 + rate * kept * answered)


def lookup(resolver: Resolver, asked: int, silent: float = 0.0, refused: float = 0.0) -> Lookup:
    """Return what looking up a name of *asked* questions comes to.

    silent    share of servers that do not answer at all: all attempts at a name come from one
              socket, which the node's conntrack sends to the same one of them
    refused   share of servers that refuse at once, as a node does for one without a process
    """
    pair = 1 - (1 - resolver.lost) ** 2
    gone = pair**resolver.attempts
    one = (1 - silent - refused) * (1 - gone)
    failing = 1 - one**asked if one > 0 else 1.0
    mean = asked * resolver.answer
    if not pair or one <= 0 or resolver.attempts == 1:
        return Lookup(failing, mean, 0.0, 0.0)
    # Attempts that a question with an answer took beyond the first: geometric, cut off.
    more = sum(n * pair**n * (1 - pair) for n in range(resolver.attempts)) / (1 - gone)
    smooth = ((1 - pair) / (1 - gone)) ** asked
    stalled = 1 - smooth
    return Lookup(failing, mean, stalled, asked * more * resolver.timeout / stalled)
