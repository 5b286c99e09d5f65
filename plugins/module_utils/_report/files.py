# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's files on disk, and the memory of the last one:

replaced whole or not at all, and left alone where nothing but the time would differ.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .._core.changes import Change
from .._core.errors import BadOption
from .._core.files import replace_whole

HISTORY = "device-trust-report.json"
HEAD = 4096  # where a report says its fingerprint
Pieces = t.Callable[[], t.Iterator[str]]


def mode_of(text: str) -> int:
    """Permissions from octal digits; raises BadOption."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777 or mode & 0o600 != 0o600:
        raise BadOption(
            f"mode: {text!r} is no mode of a file that its owner may read and write; give octal"
            " digits like 0640."
        )
    return mode


def put(path: Path, pieces: Pieces, fingerprint: str, mode: int, check_mode: bool) -> list[Change]:
    """Write a report, unless the one that is there says the same of the same Macs."""
    try:
        there = path.exists()
        current = (
            _same_text(path, pieces())
            if there and path.suffix == ".csv"
            else there and fingerprint in _head(path)
        )
        same_mode = there and path.stat().st_mode & 0o777 == mode
        if current and same_mode:
            return []
        if not check_mode:
            path.parent.mkdir(parents=True, exist_ok=True)
            if current:
                path.chmod(mode)
            else:
                replace_whole(path, pieces(), mode)
    except OSError as error:
        raise BadOption(f"dest: {path} cannot be written: {error.strerror or error}.") from None
    before = {"mode": oct(path.stat().st_mode & 0o777)} if there and current and check_mode else {}
    return [
        Change(
            "update" if there else "create",
            str(path),
            before,
            {"mode": oct(mode)} if current else {"content": fingerprint[:12]},
        )
    ]


def _head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(HEAD)


def _same_text(path: Path, pieces: t.Iterator[str]) -> bool:
    with path.open("rb") as file:
        return all(
            file.read(len(data)) == data
            for data in (one.encode(errors="replace") for one in pieces)
        ) and not file.read(1)


class History:
    """Where each Mac stood in the last report, and in the one before that, which is compared with
    as long as nothing changes.
    """

    def __init__(self, path: Path | None, kept: dict[str, t.Any]) -> None:
        self.path, self.kept = path, kept

    @classmethod
    def read(cls, directory: str | None) -> History:
        """A history that cannot be read counts as none, but one that may not be read is an error:

        it would be lost.
        """
        if not directory:
            return cls(None, {})
        path = Path(directory) / HISTORY
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path, {})
        except OSError as error:
            raise BadOption(
                f"state_dir: {path} cannot be read: {error.strerror or error}."
            ) from None
        except ValueError:
            return cls(path, {})
        return cls(path, kept if _readable(kept) else {})

    def before(self, fingerprint: str) -> dict[str, t.Any] | None:
        """The report that one with this fingerprint follows."""
        return (
            self.kept.get("before")
            if self.kept.get("fingerprint") == fingerprint
            else self.kept.get("last")
        )

    def keep(
        self, fingerprint: str, generated_at: str, stages: t.Mapping[str, str], check_mode: bool
    ) -> list[Change]:
        if self.path is None or self.kept.get("fingerprint") == fingerprint:
            return []
        new = {
            "fingerprint": fingerprint,
            "last": {"generated_at": generated_at, "stages": stages},
            "before": self.kept.get("last"),
        }
        try:
            if not check_mode:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_whole(self.path, [json.dumps(new)], 0o600)
        except OSError as error:
            raise BadOption(
                f"state_dir: {self.path} cannot be written: {error.strerror or error}."
            ) from None
        return [
            Change(
                "update" if self.kept else "create",
                str(self.path),
                {},
                {"content": fingerprint[:12]},
            )
        ]


def _readable(kept: t.Any) -> bool:
    """Whether it has the form that keep() writes."""

    def one(report: t.Any) -> bool:
        return (
            isinstance(report, dict)
            and isinstance(report.get("stages"), dict)
            and isinstance(report.get("generated_at"), str)
        )

    return (
        isinstance(kept, dict)
        and one(kept.get("last"))
        and (kept.get("before") is None or one(kept["before"]))
    )
