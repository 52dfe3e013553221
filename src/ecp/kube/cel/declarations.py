"""The functions of CEL as Kubernetes has it: overloads by name.

Source: google/cel-go common/stdlib/standard.go, ext/{strings,lists,sets,comprehensions}.go,
cel/library.go; kubernetes apiserver pkg/cel/library, environment/base.go, as 1.36 sets them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ecp.kube.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
    map_of,
)


class Overload(NamedTuple):
    """One signature of a function; a method's first argument is what it is called on."""

    name: str
    is_method: bool
    args: tuple[Type, ...]
    result: Type
    params: tuple[Type, ...]


# name, [receiver~]function(arguments), result; capital letters are parameters.
_TABLE: Final = """
logical_not !_(bool) bool
negate_double -_(double) double
negate_int64 -_(int) int
in_list @in(A,list(A)) bool
in_map @in(A,map(A,B)) bool
not_strictly_false @not_strictly_false(bool) bool
not_equals _!=_(A,A) bool
modulo_int64 _%_(int,int) int
modulo_uint64 _%_(uint,uint) uint
logical_and _&&_(bool,bool) bool
multiply_double _*_(double,double) double
multiply_int64 _*_(int,int) int
multiply_uint64 _*_(uint,uint) uint
add_bytes _+_(bytes,bytes) bytes
add_double _+_(double,double) double
add_duration_duration _+_(duration,duration) duration
add_duration_timestamp _+_(duration,timestamp) timestamp
add_timestamp_duration _+_(timestamp,duration) timestamp
add_int64 _+_(int,int) int
add_list _+_(list(A),list(A)) list(A)
add_string _+_(string,string) string
add_uint64 _+_(uint,uint) uint
subtract_double _-_(double,double) double
subtract_duration_duration _-_(duration,duration) duration
subtract_int64 _-_(int,int) int
subtract_timestamp_duration _-_(timestamp,duration) timestamp
subtract_timestamp_timestamp _-_(timestamp,timestamp) duration
subtract_uint64 _-_(uint,uint) uint
divide_double _/_(double,double) double
divide_int64 _/_(int,int) int
divide_uint64 _/_(uint,uint) uint
equals _==_(A,A) bool
select_optional_field _?._(dyn,string) optional_type(V)
conditional _?_:_(bool,A,A) A
list_optindex_optional_int _[?_](list(V),int) optional_type(V)
optional_list_optindex_optional_int _[?_](optional_type(list(V)),int) optional_type(V)
map_optindex_optional_value _[?_](map(K,V),K) optional_type(V)
optional_map_optindex_optional_value _[?_](optional_type(map(K,V)),K) optional_type(V)
index_list _[_](list(A),int) A
index_map _[_](map(A,B),A) B
optional_list_index_int _[_](optional_type(list(V)),int) optional_type(V)
optional_map_index_value _[_](optional_type(map(K,V)),K) optional_type(V)
logical_or _||_(bool,bool) bool
quantity_add kubernetes.Quantity~add(kubernetes.Quantity) kubernetes.Quantity
quantity_add_int kubernetes.Quantity~add(int) kubernetes.Quantity
decision_allowed authz.Decision~allowed() bool
quantity_get_float kubernetes.Quantity~asApproximateFloat() double
quantity_get_int kubernetes.Quantity~asInteger() int
bool_to_bool bool(bool) bool
string_to_bool bool(string) bool
bytes_to_bytes bytes(bytes) bytes
string_to_bytes bytes(string) bytes
@mapInsert_map_key_value cel.@mapInsert(map(K,V),K,V) map(K,V)
@mapInsert_map_map cel.@mapInsert(map(K,V),map(K,V)) map(K,V)
string_char_at_int string~charAt(int) string
pathcheck_check authz.PathCheck~check(string) authz.Decision
string_to_cidr cidr(string) net.CIDR
quantity_compare_to kubernetes.Quantity~compareTo(kubernetes.Quantity) int
semver_compare_to kubernetes.Semver~compareTo(kubernetes.Semver) int
contains_string string~contains(string) bool
cidr_contains_cidr_string net.CIDR~containsCIDR(string) bool
cidr_contains_cidr net.CIDR~containsCIDR(net.CIDR) bool
cidr_contains_ip_string net.CIDR~containsIP(string) bool
cidr_contains_ip_ip net.CIDR~containsIP(net.IP) bool
list_distinct list(T)~distinct() list(T)
double_to_double double(double) double
int64_to_double double(int) double
string_to_double double(string) double
uint64_to_double double(uint) double
duration_to_duration duration(duration) duration
int64_to_duration duration(int) duration
string_to_duration duration(string) duration
to_dyn dyn(A) dyn
ends_with_string string~endsWith(string) bool
decision_error authz.Decision~error() string
decision_errored authz.Decision~errored() bool
ip_family net.IP~family() int
string_find_string string~find(string) string
string_find_all_string string~findAll(string) list(string)
string_find_all_string_int string~findAll(string,int) list(string)
list_first list(V)~first() optional_type(V)
list_flatten list(list(T))~flatten() list(T)
list_flatten_int list(dyn)~flatten(int) list(dyn)
string_format string~format(list(dyn)) string
format.byte format.byte() kubernetes.NamedFormat
format.date format.date() kubernetes.NamedFormat
format.datetime format.datetime() kubernetes.NamedFormat
format.dns1035Label format.dns1035Label() kubernetes.NamedFormat
format.dns1035LabelPrefix format.dns1035LabelPrefix() kubernetes.NamedFormat
format.dns1123Label format.dns1123Label() kubernetes.NamedFormat
format.dns1123LabelPrefix format.dns1123LabelPrefix() kubernetes.NamedFormat
format.dns1123Subdomain format.dns1123Subdomain() kubernetes.NamedFormat
format.dns1123SubdomainPrefix format.dns1123SubdomainPrefix() kubernetes.NamedFormat
format.labelValue format.labelValue() kubernetes.NamedFormat
format-named format.named(string) optional_type(kubernetes.NamedFormat)
format.qualifiedName format.qualifiedName() kubernetes.NamedFormat
format.uri format.uri() kubernetes.NamedFormat
format.uuid format.uuid() kubernetes.NamedFormat
timestamp_to_day_of_month_1_based timestamp~getDate() int
timestamp_to_day_of_month_1_based_with_tz timestamp~getDate(string) int
timestamp_to_day_of_month timestamp~getDayOfMonth() int
timestamp_to_day_of_month_with_tz timestamp~getDayOfMonth(string) int
timestamp_to_day_of_week timestamp~getDayOfWeek() int
timestamp_to_day_of_week_with_tz timestamp~getDayOfWeek(string) int
timestamp_to_day_of_year timestamp~getDayOfYear() int
timestamp_to_day_of_year_with_tz timestamp~getDayOfYear(string) int
url_get_escaped_path kubernetes.URL~getEscapedPath() string
timestamp_to_year timestamp~getFullYear() int
timestamp_to_year_with_tz timestamp~getFullYear(string) int
url_get_host kubernetes.URL~getHost() string
url_get_hostname kubernetes.URL~getHostname() string
timestamp_to_hours timestamp~getHours() int
timestamp_to_hours_with_tz timestamp~getHours(string) int
duration_to_hours duration~getHours() int
timestamp_to_milliseconds timestamp~getMilliseconds() int
timestamp_to_milliseconds_with_tz timestamp~getMilliseconds(string) int
duration_to_milliseconds duration~getMilliseconds() int
timestamp_to_minutes timestamp~getMinutes() int
timestamp_to_minutes_with_tz timestamp~getMinutes(string) int
duration_to_minutes duration~getMinutes() int
timestamp_to_month timestamp~getMonth() int
timestamp_to_month_with_tz timestamp~getMonth(string) int
url_get_port kubernetes.URL~getPort() string
url_get_query kubernetes.URL~getQuery() map(string,list(string))
url_get_scheme kubernetes.URL~getScheme() string
timestamp_to_seconds timestamp~getSeconds() int
timestamp_to_seconds_tz timestamp~getSeconds(string) int
duration_to_seconds duration~getSeconds() int
optional_hasValue optional_type(V)~hasValue() bool
list_a_index_of_int list(A)~indexOf(A) int
string_index_of_string string~indexOf(string) int
string_index_of_string_int string~indexOf(string,int) int
int64_to_int64 int(int) int
double_to_int64 int(double) int
duration_to_int64 int(duration) int
string_to_int64 int(string) int
timestamp_to_int64 int(timestamp) int
uint64_to_int64 int(uint) int
string_to_ip ip(string) net.IP
cidr_ip net.CIDR~ip() net.IP
ip_is_canonical ip.isCanonical(string) bool
is_cidr isCIDR(string) bool
ip_is_global_unicast net.IP~isGlobalUnicast() bool
quantity_is_greater_than kubernetes.Quantity~isGreaterThan(kubernetes.Quantity) bool
semver_is_greater_than kubernetes.Semver~isGreaterThan(kubernetes.Semver) bool
is_ip isIP(string) bool
quantity_is_integer kubernetes.Quantity~isInteger() bool
quantity_is_less_than kubernetes.Quantity~isLessThan(kubernetes.Quantity) bool
semver_is_less_than kubernetes.Semver~isLessThan(kubernetes.Semver) bool
ip_is_link_local_multicast net.IP~isLinkLocalMulticast() bool
ip_is_link_local_unicast net.IP~isLinkLocalUnicast() bool
ip_is_loopback net.IP~isLoopback() bool
is_quantity_string isQuantity(string) bool
is_semver_string isSemver(string) bool
is_semver_string_bool isSemver(string,bool) bool
is_url_string isURL(string) bool
ip_is_unspecified net.IP~isUnspecified() bool
list_join list(string)~join() string
list_join_string list(string)~join(string) string
list_last list(V)~last() optional_type(V)
list_a_last_index_of_int list(A)~lastIndexOf(A) int
string_last_index_of_string string~lastIndexOf(string) int
string_last_index_of_string_int string~lastIndexOf(string,int) int
lists_range lists.range(int) list(int)
string_lower_ascii string~lowerAscii() string
semver_major kubernetes.Semver~major() int
cidr_masked net.CIDR~masked() net.CIDR
matches matches(string,string) bool
matches_string string~matches(string) bool
semver_minor kubernetes.Semver~minor() int
optional_none optional.none() optional_type(V)
optional_of optional.of(V) optional_type(V)
optional_ofNonZeroValue optional.ofNonZeroValue(V) optional_type(V)
optional_unwrap optional.unwrap(list(optional_type(V))) list(V)
optional_or_optional optional_type(V)~or(optional_type(V)) optional_type(V)
optional_orValue_value optional_type(V)~orValue(V) V
semver_patch kubernetes.Semver~patch() int
cidr_prefix_length net.CIDR~prefixLength() int
string_to_quantity quantity(string) kubernetes.Quantity
decision_reason authz.Decision~reason() string
string_replace_string_string string~replace(string,string) string
string_replace_string_string_int string~replace(string,string,int) string
list_reverse list(T)~reverse() list(T)
string_to_semver semver(string) kubernetes.Semver
string_bool_to_semver semver(string,bool) kubernetes.Semver
list_sets_contains_list sets.contains(list(T),list(T)) bool
list_sets_equivalent_list sets.equivalent(list(T),list(T)) bool
list_sets_intersects_list sets.intersects(list(T),list(T)) bool
quantity_sign sign(kubernetes.Quantity) int
size_bytes size(bytes) int
bytes_size bytes~size() int
size_list size(list(A)) int
list_size list(A)~size() int
size_map size(map(A,B)) int
map_size map(A,B)~size() int
size_string size(string) int
string_size string~size() int
list_slice list(T)~slice(int,int) list(T)
string_split_string string~split(string) list(string)
string_split_string_int string~split(string,int) list(string)
starts_with_string string~startsWith(string) bool
string_to_string string(string) string
bool_to_string string(bool) string
bytes_to_string string(bytes) string
double_to_string string(double) string
duration_to_string string(duration) string
int64_to_string string(int) string
timestamp_to_string string(timestamp) string
uint64_to_string string(uint) string
ip_to_string string(net.IP) string
cidr_to_string string(net.CIDR) string
strings_quote strings.quote(string) string
quantity_sub kubernetes.Quantity~sub(kubernetes.Quantity) kubernetes.Quantity
quantity_sub_int kubernetes.Quantity~sub(int) kubernetes.Quantity
string_substring_int string~substring(int) string
string_substring_int_int string~substring(int,int) string
timestamp_to_timestamp timestamp(timestamp) timestamp
int64_to_timestamp timestamp(int) timestamp
string_to_timestamp timestamp(string) timestamp
string_trim string~trim() string
type type(A) type(A)
uint64_to_uint64 uint(uint) uint
double_to_uint64 uint(double) uint
int64_to_uint64 uint(int) uint
string_to_uint64 uint(string) uint
optional_unwrapOpt list(optional_type(V))~unwrapOpt() list(V)
string_upper_ascii string~upperAscii() string
string_to_url url(string) kubernetes.URL
format-validate kubernetes.NamedFormat~validate(string) optional_type(list(string))
optional_value optional_type(V)~value() V
resourcecheck_check authz.ResourceCheck~check(string) authz.Decision
authorizer_fieldselector authz.ResourceCheck~fieldSelector(string) authz.ResourceCheck
authorizer_group authz.Authorizer~group(string) authz.GroupCheck
authorizer_labelselector authz.ResourceCheck~labelSelector(string) authz.ResourceCheck
resourcecheck_name authz.ResourceCheck~name(string) authz.ResourceCheck
resourcecheck_namespace authz.ResourceCheck~namespace(string) authz.ResourceCheck
authorizer_path authz.Authorizer~path(string) authz.PathCheck
groupcheck_resource authz.GroupCheck~resource(string) authz.ResourceCheck
authorizer_serviceaccount authz.Authorizer~serviceAccount(string,string) authz.Authorizer
resourcecheck_subresource authz.ResourceCheck~subresource(string) authz.ResourceCheck
"""
_NAMED: Final[Mapping[str, Type]] = {
    "bool": BOOL,
    "bytes": BYTES,
    "double": DOUBLE,
    "duration": DURATION,
    "dyn": DYN,
    "int": INT,
    "string": STRING,
    "timestamp": TIMESTAMP,
    "uint": UINT,
}
_ABSTRACT: Final = ("net.IP", "net.CIDR", "optional_type")
_PARAMETRIC: Final = re.compile(r"(list|map|type|optional_type)\((.*)\)")
_COMPARED: Final = (
    "bool", "int64", "int64_double", "int64_uint64", "uint64", "uint64_double", "uint64_int64",
    "double", "double_int64", "double_uint64", "string", "bytes", "timestamp", "duration",
)  # fmt: skip
_COMPARISONS: Final = {
    "_<_": "less",
    "_<=_": "less_equals",
    "_>_": "greater",
    "_>=_": "greater_equals",
}
_SUMMED: Final = ("int", "uint", "double", "duration")
_ORDERED: Final = (
    "int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes",
)  # fmt: skip
_PROTO: Final = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
}


def type_named(text: str) -> Type:
    """Return the type that a signature spells *text*."""
    if text in _NAMED:
        return _NAMED[text]
    found = _PARAMETRIC.fullmatch(text)
    if found is not None:
        parts = tuple(map(type_named, _split(found[2])))
        if found[1] == "optional_type":
            return Type("abstract", "optional_type", parts)
        return Type(found[1], params=parts)
    if len(text) == 1:
        return Type("param", text)
    name = text.replace("authz.", "kubernetes.authorization.")
    return Type("abstract" if name in _ABSTRACT else "object", name)


def _split(text: str) -> list[str]:
    """Split at the commas that no parenthesis holds."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if text else []


def _parameters(types: tuple[Type, ...]) -> Iterator[Type]:
    for type_ in types:
        if type_.kind == "param":
            yield type_
        yield from _parameters(type_.params)


def _overload(name: str, method: bool, args: tuple[Type, ...], result: Type) -> Overload:
    params = tuple(dict.fromkeys(_parameters((*args, result))))
    return Overload(name, method, args, result, params)


def _read(line: str) -> tuple[str, Overload]:
    name, rest = line.split(" ", 1)
    signature, result = rest.rsplit(" ", 1)
    receiver, function, inside = _taken_apart(signature)
    args = [*([receiver] if receiver else []), *_split(inside)]
    types = tuple(map(type_named, args))
    return function, _overload(name, bool(receiver), types, type_named(result))


def _taken_apart(signature: str) -> tuple[str, str, str]:
    """Return receiver, function and arguments of ``string~size()`` or ``size(string)``."""
    opening = _last_opening(signature)
    before, inside = signature[:opening], signature[opening + 1 : -1]
    if "~" in before:
        receiver, function = before.split("~")
        return receiver, function, inside
    return "", before, inside


def _last_opening(text: str) -> int:
    """Return where the parenthesis opens that closes at the end."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if not depth:
            return at
    raise AssertionError(text)


def _families() -> Iterator[tuple[str, Overload]]:
    """Yield what differs in the type alone."""
    for function, word in _COMPARISONS.items():
        for pair in _COMPARED:
            names = pair.replace("64", "").split("_")
            types = tuple(_NAMED[name] for name in (names if len(names) == 2 else names * 2))
            yield function, _overload(f"{word}_{pair}", False, types, BOOL)
    for name in _ORDERED:
        one, many = _NAMED[name], list_of(_NAMED[name])
        proto = _PROTO.get(name, name)
        keyed = list_of(Type("param", "T"))
        yield "isSorted", _overload(f"list_{name}_is_sorted_bool", True, (many,), BOOL)
        yield "max", _overload(f"list_{name}_max_{name}", True, (many,), one)
        yield "min", _overload(f"list_{name}_min_{name}", True, (many,), one)
        yield "sort", _overload(f"list_{proto}_sort", True, (many,), many)
        by_keys = _overload(f"list_{proto}_sortByAssociatedKeys", True, (keyed, many), keyed)
        yield "@sortByAssociatedKeys", by_keys
        if name in _SUMMED:
            yield "sum", _overload(f"list_{name}_sum_{name}", True, (many,), one)


def _functions() -> dict[str, tuple[Overload, ...]]:
    found: dict[str, list[Overload]] = {}
    for line in _TABLE.split("\n"):
        if line:
            function, overload = _read(line)
            found.setdefault(function, []).append(overload)
    for function, overload in _families():
        found.setdefault(function, []).append(overload)
    return {function: tuple(overloads) for function, overloads in found.items()}


FUNCTIONS: Final[Mapping[str, tuple[Overload, ...]]] = _functions()
PATCHING: Final[Mapping[str, tuple[Overload, ...]]] = {
    function: (overload,)
    for function, overload in (_read("jsonpatch_escapekey jsonpatch.escapeKey(string) string"),)
}
"""Functions that only expressions know that make patches."""
_TYPE_NAMES: Final[Mapping[str, Type]] = {
    **_NAMED,
    "list": list_of(DYN),
    "map": map_of(DYN, DYN),
    "null_type": NULL,
    "type": Type("type"),
    "optional_type": Type("abstract", "optional_type", (DYN,)),
    "google.protobuf.Duration": DURATION,
    "google.protobuf.Timestamp": TIMESTAMP,
    "net.IP": Type("abstract", "net.IP"),
    "net.CIDR": Type("abstract", "net.CIDR"),
}
TYPES: Final[Mapping[str, Type]] = {
    name: Type("type", params=(type_,)) for name, type_ in _TYPE_NAMES.items() if name != "dyn"
}
"""Names that stand for a type, as in ``type(x) == int``."""
UNDEFINED: Final = frozenset({"duration", "timestamp"})
"""Names of types that are understood and then not there when an expression is to be run."""
