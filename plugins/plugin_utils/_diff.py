# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference of a module as text: a line for each key, so that ``--diff`` stays short."""

from __future__ import annotations

import json
from collections.abc import Mapping

_WIDTH = 120  # of the lines of an object that is new or gone


def render_diff(diff: object) -> object:
    """Return a module's ``diff`` with text for both sides.

    :arg diff: ``before`` and ``after``, each object -> its keys -> values. Anything else is
        returned as it is.
    """
    if not isinstance(diff, Mapping) or not {"before", "after"} <= diff.keys():
        return diff
    before, after = diff["before"], diff["after"]
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return diff
    return {**diff, "before": _render(before, after), "after": _render(after, before)}


def _render(side: Mapping[str, object], other: Mapping[str, object]) -> str:
    lines = []
    for name, value in side.items():
        lines += _render_object(name, value, bool(other.get(name)))
    return "".join(f"{line}\n" for line in lines)


def _render_object(name: str, value: object, is_compared: bool) -> list[str]:
    """Return an object in lines: key by key if it is compared with another state of it."""
    if not isinstance(value, Mapping):
        return [f"{name}: {_as_json(value)}"]
    pairs = [f"{key}: {_as_json(inner)}" for key, inner in value.items()]
    if not pairs:
        return []
    if len(pairs) == 1:
        return [f"{name}, {pairs[0]}"]
    if is_compared:
        return [f"{name}:", *(f"  {pair}" for pair in pairs)]
    return [f"{name}:", *_wrap(pairs)]


def _wrap(pairs: list[str]) -> list[str]:
    """Return pairs as few lines. A pair stays whole."""
    lines: list[str] = []
    for pair in pairs:
        if lines and len(lines[-1]) + len(pair) + 4 <= _WIDTH:
            lines[-1] += f"; {pair}"
        else:
            lines.append(f"  {pair}")
    return lines


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
