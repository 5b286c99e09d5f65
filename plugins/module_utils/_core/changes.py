# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare desired with current values. What a plan is made of, and what a person sees of it."""

from __future__ import annotations

import operator
import typing as t

ABSENT = object()
# What a diff shows of an object: keys or options and their values, with secrets masked.
Shown = dict[str, t.Any]


class Difference(t.NamedTuple):
    """One key that is not as it should be.

    ``path`` names it as a person would: ``PayloadContent.Retries``.
    """

    path: str
    before: t.Any
    after: t.Any


class Change(t.NamedTuple):
    """One step of a plan.

    ``action`` is create, update, assign, remove or delete; ``subject`` says of what; ``before`` and
    ``after`` are plain data for the diff, in which secrets are masked already.
    """

    action: str
    subject: str
    before: Shown
    after: Shown


def differences(
    desired: t.Mapping[str, object],
    current: t.Mapping[str, object],
    path: str = "",
    same_text: t.Callable[[str, str], bool] = operator.eq,
) -> list[Difference]:
    """Return where ``current`` differs from ``desired``.

    Only keys of ``desired`` count; the value ABSENT wants a key gone. ``same_text`` compares a
    desired text with a current one.
    """
    result: list[Difference] = []
    for key, want in desired.items():
        where, have = f"{path}{key}", current.get(key, ABSENT)
        if isinstance(want, dict) and isinstance(have, dict):
            result += differences(want, have, f"{where}.", same_text)
        elif not _is_same(want, have, same_text):
            result.append(Difference(where, have, want))
    return result


def _is_same(want: t.Any, have: t.Any, same_text: t.Callable[[str, str], bool]) -> bool:
    """Return whether two values are equal and of equal types, in lists and dictionaries too."""
    if type(want) is not type(have):
        return False
    if isinstance(want, str):
        return same_text(want, have)
    if isinstance(want, list):
        return len(want) == len(have) and all(
            _is_same(each, other, same_text) for each, other in zip(want, have, strict=True)
        )
    if isinstance(want, dict):
        return want.keys() == have.keys() and all(
            _is_same(want[key], have[key], same_text) for key in want
        )
    return bool(want == have)


def render_value(value: t.Any) -> t.Any:
    """Return a value as a diff shows it: bytes as hexadecimal digits, an absent key as None."""
    if value is ABSENT:
        return None
    return value.hex() if isinstance(value, bytes) else value


def ansible_diff(changes: t.Sequence[Change]) -> dict[str, dict[str, Shown]]:
    """Return what ``--diff`` prints: the changed keys alone, before and after."""
    return {
        "before": {change.subject: change.before for change in changes},
        "after": {change.subject: change.after for change in changes},
    }


def described(changes: t.Sequence[Change]) -> list[str]:
    """Return the plan in words, one line a step: "update profile 'Okta SCEP': Retries"."""
    return [
        f"{change.action} {change.subject}"
        + (f": {', '.join(sorted(change.after))}" if change.action == "update" else "")
        for change in changes
    ]


def action_of(line: str) -> str:
    """Return the action of a line of ``described``, for a reader of a module's result."""
    return line.partition(" ")[0]
