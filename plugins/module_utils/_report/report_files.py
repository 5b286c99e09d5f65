# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's files on disk, and the memory of the last one.

Replaced whole or not at all, and left alone where nothing but the time would differ.
"""

from __future__ import annotations

import html
import json
import re
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .._core.atomic_files import atomic_write, check_regular, check_writable
from .._core.changes import Change
from .._core.errors import BadOption
from .._http.urls import normalize_url
from .figures import PastReport

HISTORY = "device-trust-report.json"
WRITABLE = "Set a directory that the user of the run may write to."
HEAD = 4096  # bytes in which a report names its fingerprint
Pieces = t.Callable[[], t.Iterator[str]]
# What a report names in its head, as JSON or as HTML.
_NAMED = {
    name: re.compile(
        rf'"{name}": ("(?:[^"\\\\]|\\\\.)*")|<meta name="report-{name}" content="([^"]*)">'
    )
    for name in ("org_url", "tenant")
}


@dataclass(frozen=True)
class ReportSource:
    """The org and the tenant that a report is of, by their URLs; "" if it does not name them."""

    org_url: str = ""
    tenant: str = ""

    @classmethod
    def of_head(cls, head: str) -> ReportSource:
        """Return what the head of a report names. A CSV file and one of earlier versions do not."""
        return cls(*(_find_named(head, name) for name in ("org_url", "tenant")))

    def is_other(self, wanted: ReportSource) -> bool:
        """Return whether this is another org or tenant than wanted, as far as both name them."""
        pairs = ((self.org_url, wanted.org_url), (self.tenant, wanted.tenant))
        return any(old and new and _parse_host(old) != _parse_host(new) for old, new in pairs)

    def __str__(self) -> str:
        """Return the hosts, for messages."""
        return f"{_parse_host(self.org_url)} with {_parse_host(self.tenant)}"


def check_sources(
    option: str, known: t.Iterable[tuple[Path, ReportSource]], wanted: ReportSource
) -> None:
    """Raise BadOption that names each file of another org or tenant than wanted."""
    others = [f"{path} is of {source}" for path, source in known if source.is_other(wanted)]
    if others:
        files = "file" if len(others) == 1 else "files"
        raise BadOption(
            f"{option}: {'; '.join(others)}, and this run is of {wanted}. Nothing was written. Use"
            " a directory of its own for each org and tenant. If the URL of this one changed,"
            f" remove the {files}.",
            option=option,
        )


def _find_named(head: str, name: str) -> str:
    match = _NAMED[name].search(head)
    if match is None:
        return ""
    return str(json.loads(match[1])) if match[1] else html.unescape(match[2])


def _parse_host(url: str) -> str:
    return urlsplit(normalize_url(url)).netloc or url


def check_source(paths: t.Iterable[Path], wanted: ReportSource) -> None:
    """Raise BadOption that names all reports at these paths of another org or tenant.

    One that cannot be read is left to the write.
    """
    check_sources("dest", _read_sources(paths), wanted)


def _read_sources(paths: t.Iterable[Path]) -> t.Iterator[tuple[Path, ReportSource]]:
    for path in paths:
        try:
            check_regular(path)
            head = _read_head(path)
        except OSError:
            continue
        yield path, ReportSource.of_head(head)


def name_files(dest: str, formats: t.Iterable[str]) -> tuple[Path, ...]:
    """Return the paths of the files of a report, each once. Raises BadOption for no directory."""
    if not dest.strip():
        raise BadOption("dest: it is empty. Name the directory of the reports.")
    return tuple(Path(dest) / f"device-trust.{suffix}" for suffix in dict.fromkeys(formats))


def parse_mode(text: str) -> int:
    """Return permissions from octal digits. Raises BadOption."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777 or mode & 0o600 != 0o600:
        raise BadOption(
            f"mode: {text!r} does not let the owner read and write the file. Give octal digits like"
            " 0640."
        )
    return mode


def check_report(path: Path) -> None:
    """Raise BadOption if a report cannot be written, as far as a read shows it."""
    try:
        check_writable(path)
    except OSError as error:
        raise _build_error(path, error) from None


def _build_error(path: Path, error: OSError) -> BadOption:
    return BadOption(f"dest: {path} cannot be written: {error.strerror or error}. {WRITABLE}")


def write_report(
    path: Path, pieces: Pieces, fingerprint: str, mode: int, check_mode: bool
) -> list[Change]:
    """Write a report unless the file has the same figures and mode. Return what changed.

    Raises BadOption if the file cannot be written.
    """
    try:
        if path.exists():
            check_regular(path)
        mode_before = path.stat().st_mode & 0o777 if path.exists() else None
        is_current = mode_before is not None and _has_content(path, pieces, fingerprint)
        if is_current and mode_before == mode:
            return []
        if check_mode:
            check_writable(path)
        else:
            _write(path, pieces, mode, is_current)
    except OSError as error:
        raise _build_error(path, error) from None
    if is_current and mode_before is not None:
        return [Change("update", str(path), {"mode": oct(mode_before)}, {"mode": oct(mode)})]
    action = "create" if mode_before is None else "update"
    return [Change(action, str(path), {}, {"content": fingerprint[:12]})]


def _has_content(path: Path, pieces: Pieces, fingerprint: str) -> bool:
    """Return whether a report has the same figures. A CSV file holds no fingerprint."""
    if path.suffix == ".csv":
        return _has_same_text(path, pieces())
    return fingerprint in _read_head(path)


def _write(path: Path, pieces: Pieces, mode: int, is_current: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_current:
        path.chmod(mode)
    else:
        atomic_write(path, pieces(), mode)


def _read_head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(HEAD)


def _has_same_text(path: Path, pieces: t.Iterator[str]) -> bool:
    with path.open("rb") as file:
        return all(
            file.read(len(data)) == data
            for data in (piece.encode(errors="replace") for piece in pieces)
        ) and not file.read(1)


@dataclass(frozen=True)
class Past:
    """What a history remembers: the last report with its fingerprint, and the report before it."""

    fingerprint: str | None
    last: PastReport
    before: PastReport | None


class History:
    """The stage of each Mac in the last report, and in the report before it.

    A report that changes nothing is compared with the report before the last.
    """

    def __init__(self, path: Path | None, past: Past | None, source: ReportSource) -> None:
        self.path, self.past, self.source = path, past, source

    @classmethod
    def read(cls, directory: str | None, source: ReportSource) -> History:
        """Return the history in a directory; unreadable JSON counts as none.

        Raises BadOption if the file may not be read: it would be lost. So it does if the history is
        of another org or tenant.
        """
        if not directory:
            return cls(None, None, source)
        path = Path(directory) / HISTORY
        try:
            check_regular(path)
            state = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path, None, source)
        except OSError as error:
            raise BadOption(
                f"state_dir: {path} cannot be read: {error.strerror or error}."
            ) from None
        except ValueError:
            return cls(path, None, source)
        check_sources("state_dir", [(path, _parse_source(state))], source)
        return cls(path, _parse_past(state), source)

    def find_before(self, fingerprint: str) -> PastReport | None:
        """Return the report to compare a report of this fingerprint with, or None."""
        if self.past is None:
            return None
        return self.past.before if self.past.fingerprint == fingerprint else self.past.last

    def keep(
        self, fingerprint: str, generated_at: str, stages: t.Mapping[str, str], check_mode: bool
    ) -> list[Change]:
        """Write the stages of this report, if it has other figures. Return what changed."""
        if self.path is None or (self.past and self.past.fingerprint == fingerprint):
            return []
        new = Past(
            fingerprint, PastReport(generated_at, stages), self.past.last if self.past else None
        )
        try:
            if check_mode:
                check_writable(self.path)
            else:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                state = {**asdict(self.source), **asdict(new)}
                atomic_write(self.path, [json.dumps(state)], 0o600)
        except OSError as error:
            raise BadOption(
                f"state_dir: {self.path} cannot be written: {error.strerror or error}. {WRITABLE}"
            ) from None
        action = "update" if self.past else "create"
        return [Change(action, str(self.path), {}, {"content": fingerprint[:12]})]


def _parse_source(state: object) -> ReportSource:
    """Return what the JSON that ``keep`` writes is of. Earlier versions did not write it."""
    if not isinstance(state, dict):
        return ReportSource()
    return ReportSource(*(str(state.get(name) or "") for name in ("org_url", "tenant")))


def _parse_past(state: object) -> Past | None:
    """Return what the JSON that ``keep`` writes remembers, or None for any other JSON."""
    if not isinstance(state, dict):
        return None
    last, before = _parse_report(state.get("last")), _parse_report(state.get("before"))
    if last is None or (before is None and state.get("before") is not None):
        return None
    return Past(state.get("fingerprint"), last, before)


def _parse_report(report: object) -> PastReport | None:
    if not isinstance(report, dict):
        return None
    stages, generated_at = report.get("stages"), report.get("generated_at")
    if not isinstance(stages, dict) or not isinstance(generated_at, str):
        return None
    return PastReport(generated_at, stages)
