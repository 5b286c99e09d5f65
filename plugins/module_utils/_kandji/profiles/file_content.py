# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a Custom Profile that a whole file sets. Pure."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, field

from ..._core.changes import Difference, Shown
from ..._core.masking import MASK
from .comparison import compare_profiles, describe_content, label_payloads, profile_level_keys
from .mobileconfig import (
    MARK,
    enrolls,
    payloads_of,
    read_mark,
    remove_mark,
)
from .references import Plist, PlistDict, canonical, kind_of
from .secrets import Mask

_NUMBER = re.compile(r" \(\d+\)\Z")


@dataclass(frozen=True)
class FileContent:
    """Everything that a file sets.

    An unset generation is not compared. ``runs_on`` is not in the file, but the digest covers it.
    """

    plist: Plist = field(repr=False)
    generation: str | None = None
    runs_on: t.Sequence[str] = ("mac",)
    secret_keys: t.Sequence[str] = ()
    keeps_content: t.ClassVar[bool] = False
    write_effect: t.ClassVar[str] = "has every Mac in scope reinstall it"

    def counts_as(self, current: Plist) -> str:
        """Return the limit that a change of a profile counts against.

        A SCEP payload gives Macs new certificates, and takes theirs with it when it is removed.
        """
        return "reissue" if enrolls(self.plist) or enrolls(current) else "reinstall"

    def find_obstacle(self, current: Plist) -> str | None:
        """Return None: a file can replace any profile."""
        return None

    def compare(self, current: Plist) -> list[Difference]:
        """Return where a profile differs from the file."""
        changed = compare_profiles(self.plist, current)
        generation = read_mark(current)[1]
        if self.generation and self.generation != generation:
            changed.append(Difference("generation", generation, self.generation))
        return changed

    def digest(self, generation: str | None) -> str:
        """Return a digest that identifies content already written by this module.

        It is only stored inside the profile that it describes.
        """
        content = [
            describe_content(self.plist),
            sorted(self.runs_on),
            generation or "",
        ]
        return hashlib.sha256(canonical(content).encode()).hexdigest()[:32]

    def was_written(self, current: Plist) -> bool:
        """Return whether exactly this was written to the profile before."""
        mark, generation = read_mark(current)
        return mark is not None and mark == self.digest(self.generation or generation)

    def build(self, name: str, current: Plist | None) -> PlistDict:
        """Return the whole profile to write: the file, with the mark in its first payload."""
        generation = self.generation or read_mark(current or {})[1]
        # A file that was downloaded from Kandji holds a mark.
        first, *others = [remove_mark(each) for each in payloads_of(self.plist)]
        suffix = f", generation {generation}" if generation else ""
        mark = f"{MARK}{self.digest(generation)}{suffix}"
        own = first.get("PayloadDescription")
        first["PayloadDescription"] = f"{own} {mark}" if own else mark
        return {**self.plist, "PayloadContent": [first, *others]}

    def mask(self, difference: Difference) -> tuple[t.Any, t.Any]:
        """Return before and after of a difference, for people, without secrets."""
        mask, path = self._mask_of(difference.path)
        before = mask.old_value(difference.before, difference.after, path)
        after = mask.value(difference.after, path)
        if before == after == MASK:
            return f"{MASK} (another one)", after
        if before == after and isinstance(before, (str, list)):
            return f"{before} (names another payload)", after
        return before, after

    def describe(self) -> Shown:
        """Return the content of a new profile, for people, without secrets."""
        content: Shown = Mask(secret_keys=self.secret_keys).value(profile_level_keys(self.plist))
        for label, payload in label_payloads(self.plist).items():
            content[label] = Mask(kind_of(payload), self.secret_keys).value(payload)
        return content

    def _mask_of(self, path: str) -> tuple[Mask, str]:
        """Return the mask for what a difference names, and the keys inside the payload."""
        if any(f"{path}.".startswith(f"{key}.") for key in profile_level_keys(self.plist)):
            return Mask(secret_keys=self.secret_keys), path
        label, _slash, keys = path.partition("/")
        return Mask(_NUMBER.sub("", label), self.secret_keys), keys
