# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a run with a fault, from the observations of both runs. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.text import printable

from tests.faults.exchange import Exchange
from tests.faults.observation import Observation, differences, normalized
from tests.support.secret_search import find_traces

_PROGRAM = re.compile(r"Unexpected \w+ at|Please report|Traceback \(most recent|object at 0x")
# Control characters but line breaks, bidirectional overrides, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A message names the vendor, the address, or the option that it begins with.
_NAMED = re.compile(r"\b(Okta|Kandji|SCEP|certificate authority)\b|https://|^[a-z]+(_[a-z]+)*: ")
MAX_MESSAGE = 2500  # characters
# Keys of results that say what a run could not find out, and values. More there is no silent
# difference.
_SAYS_SO = re.compile(
    r"unconfirmed|unknown|incomplete|possibly|unavailable|unreadable|flags\.SERIAL_EMPTY"
)
_VALUE_SAYS_SO = re.compile(r"unknown|unconfirmed|SERIAL_EMPTY")
_NAMES_NONE = ("log_names_devices", True, False)  # a key with a value that became another one
# What a reason says of a thing that could not be read.
_UNREADABLE = re.compile(
    r"cannot be read|not clear|unclear|is unknown|an unknown|not (known|shown)|does not (show|say)"
    r"|[Nn]o [^.:]{1,60}\bis known|may not show yet"
)
# What a text says of a serial, a name or a user that the vendor does not show.
_INSTEAD = ("", "None", "no serial", "no name", "no user")
# Ids of Okta and Kandji. A text names by its id what has no name that can be read.
_ID = (
    r"\b0[0-9a-z]{2}[0-9a-zA-Z]{17}\b|\b[a-z]{3}[0-9a-zA-Z]{17}\b"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
# Why a run that does not refuse would be refused. It is as loud as the message of a failure.
_REFUSAL = re.compile(r"^\.refusal: .* -> (?!None$)", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|[+-]\d\d:?\d\d)?")
# A gate that finds one proof less names the one that it relies on.
_WEAKER_PROOF = re.compile(r"\.proof: .* -> pki\.cert\.issue in the System Log$", re.DOTALL)
# Keys that say how the run went, not what is true, and one that no vendor has.
_OF_THE_RUN = re.compile(r"^\.(api_calls|invocation)|\.somethingNew(?![^.\[])")


@dataclass(frozen=True)
class Expectation:
    """What a cell may differ in.

    :arg other_truth: the reason why another result is right, "" if it is not.
    :arg shown: values of the altered field, which a result may show altered.
    :arg altered: what they were altered to. A reason that names it is not silent.
    :arg siblings: values with other texts of their object, which may stand for one that cannot be
        read.
    :arg passing: whether the fault is there once, so that a run that reads again sees the truth.
    """

    other_truth: str = ""
    any_order: bool = False
    passing: bool = False
    shown: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    siblings: tuple[tuple[str, str], ...] = ()


def judge(
    plain: Observation,
    faulted: Observation,
    following: Observation | None,
    expected: Expectation,
    secrets: Sequence[str],
) -> list[str]:
    """Return what is wrong with a run that met a fault, a sentence for each.

    :arg plain: the run without the fault.
    :arg following: the next run without the fault, None if nothing was written.
    """
    if faulted.trouble:
        return [faulted.trouble]
    problems = [*_speech(faulted), *_secrets(faulted, secrets), *_writes(plain, faulted, expected)]
    if faulted.failed:
        problems += [*_failure(plain, faulted), *_convergence(plain, following, expected)]
        return problems
    problems += _success(plain, faulted)
    other_state = _same(plain, faulted, lambda each: each.state, expected)
    if not expected.other_truth:
        silent = _silent(plain, faulted, expected)
        problems += [f"silently different: {each}" for each in silent[:3]]
        if not _says_more(plain, faulted, expected):
            problems += [f"silently another state: {each}" for each in other_state[:3]]
    if other_state:
        problems += _convergence(plain, following, expected)
    return problems


def _speech(faulted: Observation) -> list[str]:
    """Return what is wrong with the words of a run."""
    texts = [str(faulted.result.get("msg", "")), *faulted.warnings, faulted.printed]
    problems = [f"words of a program: {text[:300]}" for text in texts if _PROGRAM.search(text)]
    problems += [f"not printable: {text[:200]!r}" for text in texts if _UNPRINTABLE.search(text)]
    problems += [
        f"{len(text)} characters: {text[:100]}" for text in texts[:-1] if len(text) > MAX_MESSAGE
    ]
    if faulted.failed and not texts[0].strip():
        problems.append("fails without a word")
    return problems


def _secrets(faulted: Observation, secrets: Sequence[str]) -> list[str]:
    texts = (faulted.printed, json.dumps(faulted.result))
    named = {str(number): secret for number, secret in enumerate(secrets)}
    found = find_traces(named, texts)
    return [f"shows secret {number}: {', '.join(ways)}" for number, ways in found.items()]


def _key(exchange: Exchange, known: frozenset[str]) -> str:
    parts = urlsplit(exchange.url)
    return str(normalized(f"{exchange.operation} {parts.path}", known))


def _writes(plain: Observation, faulted: Observation, expected: Expectation) -> list[str]:
    """Return the writes that were carried out and should not have been."""
    known = plain.known
    allowed = Counter(_key(each, known) for each in plain.carried_out)
    done = Counter(_key(each, known) for each in faulted.carried_out if not each.repeatable)
    again = {
        _key(each, known)
        for each in faulted.carried_out
        if each.repeatable and not _withdraws(faulted, each)
    }
    problems = [f"a write too many: {each}" for each in (done - allowed).elements()]
    problems += [f"another write: {each}" for each in sorted(again - allowed.keys())]
    if not expected.other_truth:
        return problems
    problems = [f"the same write twice: {each}" for each in _twice(faulted) - _twice(plain)]
    if expected.passing:
        problems += [
            f"a double: {each}" for each in sorted(_doubles(faulted.state) - _doubles(plain.state))
        ]
    return problems


def _withdraws(seen: Observation, exchange: Exchange) -> bool:
    """Return whether a run that fails deletes an object that it created itself."""
    created = urlsplit(exchange.url).path.rsplit("/", 1)[-1]
    return (
        seen.failed
        and exchange.verb == "DELETE"
        and created not in seen.known
        and any(f'"{created}"'.encode() in each.body for each in seen.carried_out)
    )


def _twice(seen: Observation) -> set[str]:
    """Return the writes that were carried out twice with the same content."""
    writes = Counter(
        (each.operation, each.url, each.sent) for each in seen.carried_out if not each.repeatable
    )
    return {f"{operation} {url}" for (operation, url, _sent), count in writes.items() if count > 1}


def _doubles(state: t.Mapping[str, t.Any]) -> set[str]:
    """Return the objects whose names another object of their kind has too."""
    kinds = {kind: state[kind] for kind in ("profiles", "scripts", "policies") if kind in state}
    kinds |= {f"rules of {policy}": rules for policy, rules in state.get("rules", {}).items()}
    names = Counter((kind, each["name"]) for kind, rows in kinds.items() for each in rows)
    return {f"{kind} {name!r}" for (kind, name), count in names.items() if count > 1}


def _kept(seen: Observation) -> list[Exchange]:
    return [each for each in seen.carried_out if each.operation not in KEEPING]


def _success(plain: Observation, faulted: Observation) -> list[str]:
    """Return what is wrong with what a success says of its writes."""
    changed = bool(faulted.result.get("changed"))
    if _kept(faulted) and not changed:
        return ["writes and says that nothing changed"]
    if changed and _kept(plain) and not _kept(faulted):
        return ["says changed and wrote nothing"]
    return []


def _failure(plain: Observation, faulted: Observation) -> list[str]:
    """Return what is wrong with the result of a failure."""
    message = str(faulted.result.get("msg", ""))
    names = [each.operation for each in (*plain.exchanges, *faulted.exchanges)]
    named = _NAMED.search(message) or any(name in message for name in names)
    problems = [] if named else [f"names neither vendor nor operation: {message[:200]}"]
    kept = _kept(faulted)
    sent = [each for each in faulted.exchanges if each.writes and each.operation not in KEEPING]
    changed = bool(faulted.result.get("changed"))
    if kept and not changed:
        return [*problems, "fails after a write and does not say changed"]
    if changed and not sent and not _lost_writes(faulted):
        return [*problems, "says changed and wrote nothing"]
    done = [each for each in kept if each in faulted.exchanges]
    listed = Counter(str(each.get("operation")) for each in faulted.result.get("writes", ()))
    missing = Counter(each.operation for each in done) - listed
    if missing:
        problems.append(f"does not list what was done: {', '.join(sorted(missing))}")
    unsent = listed.keys() - set(faulted.requests) if faulted.requests else set()
    return [*problems, *(f"lists what was not sent: {each}" for each in sorted(unsent))]


# Writes after which the vendor keeps what it kept.
KEEPING = ("Daily check-in", "PKIOperation")


def _lost_writes(faulted: Observation) -> bool:
    return "unknown" in str(faulted.result.get("msg", ""))


def _same(
    plain: Observation,
    other: Observation,
    part: Callable[[Observation], t.Any],
    expected: Expectation,
) -> list[str]:
    """Return where a part of two observations differs, as texts."""
    return [
        f"{path}: {str(a)[:240]} -> {str(b)[:240]}"
        for path, a, b in _differing(plain, other, part, expected)
    ]


def _differing(
    plain: Observation,
    other: Observation,
    part: Callable[[Observation], t.Any],
    expected: Expectation,
) -> list[tuple[str, t.Any, t.Any]]:
    """Return where a part of two observations differs: path, left and right."""
    known = plain.known | frozenset(expected.altered)
    left, right = normalized(part(plain), known), normalized(part(other), known)
    if expected.shown:
        right = _with_keys_of(left, right, known, expected)
    if expected.any_order:
        left, right = _sorted(left), _sorted(right)
    return [
        (path, a, b)
        for path, a, b in differences(left, right)
        if not _OF_THE_RUN.search(path) and not _is_shown(a, b, known, expected)
    ]


def _with_keys_of(left: t.Any, right: t.Any, known: frozenset[str], expected: Expectation) -> t.Any:
    """Return the right value whose keys name a thing as the left one does, such as by its serial.

    A key that only the right one has stands for one that only the left one has, if it differs from
    that in the altered field alone.
    """
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = zip(left, right, strict=True)
        return [_with_keys_of(old, new, known, expected) for old, new in pairs]
    if not (isinstance(left, dict) and isinstance(right, dict)):
        return right
    gone, names = [key for key in left if key not in right], {}
    for key in right:
        stands_for = [
            old for old in gone if key not in left and _is_named(old, key, known, expected)
        ]
        names[key] = gone.pop(gone.index(stands_for[0])) if stands_for else key
    return {
        name: _with_keys_of(left.get(name), right[key], known, expected)
        for key, name in names.items()
    }


def _is_named(left: str, right: str, known: frozenset[str], expected: Expectation) -> bool:
    """Return whether a key differs from another one in the altered field alone."""
    folded = {each.casefold() for each in expected.altered}
    values = [each for each in expected.shown if len(each) > 2 or each.casefold() in folded]
    others = (*expected.altered, *map(printable, expected.altered))
    return _is_with_others(right, left, values, (*_INSTEAD, *others), known)


def _sorted(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=str)
    return value


def _is_shown(left: t.Any, right: t.Any, known: frozenset[str], expected: Expectation) -> bool:
    """Return whether a result only shows the altered field: its value is not there any more."""
    was, text = str(left), "" if right is None else str(right)
    # A sentence shows it with escapes for what a terminal obeys.
    either = (expected.shown, (*expected.altered, *map(printable, expected.altered)))
    shown, altered = (
        {*values, *(str(normalized(each, known)) for each in values)} for values in either
    )
    # Where a name cannot be read, an id that can be read may stand for it.
    if was in shown and (
        text in ("", "unknown", "unconfirmed", *altered, *known, *expected.siblings)
        or text.startswith("unknown ")
    ):
        return True
    if (was, text) in expected.siblings:
        return True
    # A date of another form that is computed from a time which cannot be read.
    if was == "<new>" and right is None and any(map(_TIME.fullmatch, expected.shown)):
        return True
    if isinstance(left, (dict, list)):
        return False
    # A text that the value is a part of, such as first and last name, once or several times.
    values = [value for value in expected.shown if len(value) > 2]
    return _is_with_others(text, was, values, (*_INSTEAD, *altered), known)


def _is_with_others(
    text: str, was: str, values: Iterable[str], others: Iterable[str], known: frozenset[str]
) -> bool:
    """Return whether a text is another one with others, or known ids, in some places of values.

    Values beside each other are one place, such as first and last name. How many blanks are around
    it does not matter.
    """
    either = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    if not either or not re.search(either, was):
        return False
    instead = "|".join(map(re.escape, others))
    pattern, end = "", 0
    for number, place in enumerate(re.finditer(rf"(?:{either})(?:\s+(?:{either}))*", was)):
        pattern += _with_any_blanks(was[end : place.start()])
        kept = re.escape(place[0])
        mixed = rf"(?:{either}|{instead})(?:\s+(?:{either}|{instead}))*"
        pattern += rf"\s*(?:{kept}|{mixed}|(?P<id{number}>{_ID}))\s*"
        end = place.end()
    match = re.fullmatch(rf"\s*{pattern}{_with_any_blanks(was[end:])}\s*", text, re.DOTALL)
    return match is not None and all(
        each is None or each in known for each in match.groupdict().values()
    )


def _with_any_blanks(text: str) -> str:
    """Return the pattern of a text with any number of blanks where it has some."""
    return re.escape(text).replace(r"\ ", r"\s*")


def _silent(plain: Observation, faulted: Observation, expected: Expectation) -> list[str]:
    """Return the differences of the results, none if the run says what it could not find out."""
    if _says_more(plain, faulted, expected):
        return []
    found = _same(plain, faulted, lambda each: each.result, expected)
    found = [each for each in found if not (_REFUSAL.search(each) or _WEAKER_PROOF.search(each))]
    lost = set(plain.warnings) - set(faulted.warnings)
    known = plain.known
    if len(lost) and normalized(sorted(plain.warnings), known) != normalized(
        sorted(faulted.warnings), known
    ):
        found += [f"warning lost: {each[:100]}" for each in sorted(lost)]
    return found


def _says_more(plain: Observation, faulted: Observation, expected: Expectation) -> bool:
    """Return whether a run says in its words or counts what it could not find out."""
    if set(faulted.warnings) - set(plain.warnings):
        return True
    found = _differing(plain, faulted, lambda each: each.result, expected)
    return any(
        _is_word(*each) or _gives_reason(*each, expected)
        for difference in found
        for each in _parts(*difference)
    )


def _parts(path: str, left: t.Any, right: t.Any) -> Iterator[tuple[str, t.Any, t.Any]]:
    """Yield a difference, and of a list of another length the values inside its new members."""
    yield path, left, right
    if isinstance(left, list) and isinstance(right, list):
        for member in right:
            if member not in left:
                yield from differences(None, [member], path)


def _is_word(path: str, left: t.Any, right: t.Any) -> bool:
    """Return whether a difference of results is a word, or a count, of what could not be read."""
    if _SAYS_SO.search(path) and right:
        return True
    if isinstance(right, str) and _VALUE_SAYS_SO.search(right):
        return not (isinstance(left, str) and _VALUE_SAYS_SO.search(left))
    name, *values = _NAMES_NONE
    return path.endswith(name) and [left, right] == values


def _gives_reason(path: str, _left: t.Any, right: t.Any, expected: Expectation) -> bool:
    """Return whether a difference is a reason that names the altered value, or that it is unknown.

    A device that is skipped for such a reason is not lost without a word.
    """
    reason = str(right)
    return ("reason" in path or "problems" in path) and (
        bool(_UNREADABLE.search(reason))
        or any(value and value in reason for value in expected.altered)
    )


def _convergence(
    plain: Observation, following: Observation | None, expected: Expectation
) -> list[str]:
    if following is None or expected.other_truth:
        return []
    if following.failed:
        return [f"the next run fails: {following.result.get('msg')}"]
    left = _same(plain, following, lambda each: each.state, Expectation())
    return [f"the next run does not converge: {each}" for each in left[:3]]
