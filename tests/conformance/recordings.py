# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded answers of real orgs and tenants, and the shapes that two sets of answers are held by.

The recordings are not part of the project: DEVICE_TRUST_RECORDINGS names their directory, which
has ``<vendor>/<operation>/<n>.json``.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "DEVICE_TRUST_RECORDINGS"
Json = t.Any


@dataclass(frozen=True)
class Recording:
    """One recorded answer: its request, status, headers in lower case, and body."""

    name: str  # vendor/operation/number
    operation: str
    verb: str
    path: str
    sent: Json
    status: int
    headers: dict[str, str]
    body: Json

    @property
    def worked(self) -> bool:
        """Whether the answer is not an error."""
        return self.status < 300


def directory() -> Path | None:
    """Return the directory of the recordings, or None without the variable."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def load(root: Path) -> list[Recording]:
    """Return all recorded answers. Events of the log that were quoted alone are one answer each."""
    return [
        _read(root, file)
        for file in sorted(root.glob("*/*/*.json"))
        if "event" not in json.loads(file.read_text(encoding="utf-8"))
    ]


def load_events(root: Path) -> list[dict[str, Json]]:
    """Return the events that were quoted without the answer that they came in."""
    rows = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted(root.glob("okta/*/*.json"))
    ]
    return [row["event"] for row in rows if "event" in row]


def _read(root: Path, file: Path) -> Recording:
    row = json.loads(file.read_text(encoding="utf-8"))
    request = row["request"]
    return Recording(
        name=file.relative_to(root).with_suffix("").as_posix(),
        operation=file.parent.name.replace("_", " "),
        verb=request["method"],
        path=request["path"],
        sent=request["body"],
        status=row["status"],
        headers={name.lower(): ", ".join(values) for name, values in row["headers"].items()},
        body=row["body"],
    )


# Shapes

# The rows of a list are told apart by the first of these keys that they have: an ACTIVE device has
# other links than a DEACTIVATED one.
LABELS = ("eventType", "key", "managementStatus", "status", "type")
METHOD = {"type", "status", "settings", "_links"}  # of an authenticator: it has no id
# Objects whose keys are data.
FREE = {"params", "debugData", "configuration"}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)")


@dataclass
class Shape:
    """The types that were seen at a place, and the shapes of its members.

    ``objects`` counts the objects that were seen, ``seen`` in how many of them each key is.
    """

    types: set[str] = field(default_factory=set)
    objects: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    members: dict[str, Shape] = field(default_factory=dict)

    def add(self, value: Json, key: str = "") -> None:
        """Take note of a value."""
        self.types.add(type_of(value))
        if isinstance(value, dict) and key not in FREE:
            self.objects += 1
            for name, member in value.items():
                self.seen[name] = self.seen.get(name, 0) + 1
                self.members.setdefault(name, Shape()).add(member, name)
        elif isinstance(value, list):
            for element in value:
                self.members.setdefault(label(element), Shape()).add(element)


def type_of(value: Json) -> str:
    """Return the type of a value, in words. Timestamps differ by their fractions."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        match = _TIME.fullmatch(value)
        if not match:
            return "text"
        fraction = match.group(1) or ""
        return "timestamp" if not fraction.strip("0") else f"timestamp with {len(fraction)} digits"
    return "list" if isinstance(value, list) else "object"


def label(element: Json) -> str:
    """Return what the elements of a list are told apart by."""
    if not isinstance(element, dict):
        return "[]"
    if set(element) <= METHOD:
        return f"[{element.get('type')} {element.get('status')}]"
    return next((f"[{element[key]}]" for key in LABELS if isinstance(element.get(key), str)), "[]")


def shape_of(values: t.Iterable[Json]) -> Shape:
    """Return the shape of answers. One object counts as a list of one."""
    shape = Shape()
    for value in values:
        shape.add(value if isinstance(value, list) else [value])
    return shape


def differences(recorded: Shape, lab: Shape, place: str = "") -> list[str]:
    """Return where the lab's answers differ from the recorded ones, one text for each place.

    A key is missing if every recorded object has it and one of the lab's has not; it is invented if
    no recorded object has it. Elements that only one side has are not compared.
    """
    texts = []
    unknown = lab.types - recorded.types
    if unknown:
        texts.append(f"{place}: {_join(unknown)}, recorded {_join(recorded.types)}")
    if recorded.objects and lab.objects:
        texts += [
            f"{place}.{name}: missing"
            for name, count in recorded.seen.items()
            if count == recorded.objects and lab.seen.get(name, 0) < lab.objects
        ]
        texts += [f"{place}.{name}: not recorded" for name in lab.seen if name not in recorded.seen]
    for name, member in lab.members.items():
        if name in recorded.members:
            inner = f"{place}{name}" if name.startswith("[") else f"{place}.{name}"
            texts += differences(recorded.members[name], member, inner)
    return sorted(texts)


def _join(types: set[str]) -> str:
    return " or ".join(sorted(types))
