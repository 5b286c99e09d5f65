# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A point of unverified vendor behaviour, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .answers import Material

Position: TypeAlias = "str | int | bool | None"


@dataclass(frozen=True)
class Finding:
    """What was read of a point.

    :arg position: the tenant's behaviour: a position of the lab's switch, or a word.
    :arg seen: how many rows or answers show it.
    :arg copes: whether the collection copes with it.
    :arg more: numbers and words in addition. No texts of the tenant.
    """

    position: Position
    seen: int = 0
    copes: bool = True
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """A point that a read can answer.

    :arg id: as in docs/dev/unverified-vendor-behaviour.md.
    :arg reads: names of the reads that it needs.
    :arg judge: returns what was read of it, None if nothing shows it.
    :arg unseen: what would show it, for tenants in which nothing does.
    :arg is_switch: whether the lab has a switch of the same name.
    """

    id: str
    question: str
    reads: tuple[str, ...]
    judge: Callable[[Material], Finding | None]
    unseen: str
    is_switch: bool = True
