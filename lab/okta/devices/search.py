# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes that ``search`` of listDevices can compare, and their operators."""

from __future__ import annotations

import typing as t

from lab.okta.filters import Field, Predicate, Unsupported, compile_filter, timestamp_literal

_ORDINARY = frozenset({"eq", "gt", "ge", "lt", "le", "sw", "pr"})
_EXACT = frozenset({"eq", "pr"})
_TIME_OPERATORS = frozenset({"eq", "gt", "ge", "lt", "le", "pr"})
_CONTAINING = frozenset({"displayName", "serialNumber", "imei", "meid", "udid", "sid"})
_TEXTS = _CONTAINING | {
    "platform",
    "manufacturer",
    "model",
    "osVersion",
    "tpmPublicKeyHash",
    "diskEncryptionType",
}
_BOOLEANS = frozenset({"registered", "secureHardwarePresent", "integrityJailbreak", "managed"})


def compile_search(text: str) -> Predicate:
    """Return a search as a function of a device record. Raises BadFilter or Unsupported."""
    return compile_filter(text, _field)


def _folded(value: t.Any) -> t.Any:
    return value.casefold() if isinstance(value, str) else value


def _text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise Unsupported(f"{value!r} is not a string")
    return value.casefold()


def _boolean(value: t.Any) -> bool:
    if _folded(value) not in (True, False, "true", "false"):
        raise Unsupported(f"{value!r} is not a boolean")
    return _folded(value) in (True, "true")


def _field(attribute: str) -> Field:
    if attribute in _OWN:
        return _OWN[attribute]
    section, _dot, name = attribute.partition(".")
    if section == "profile" and name in _TEXTS:
        return Field(
            lambda record: _folded(record.profile.get(name)),
            _text,
            _ORDINARY | ({"co"} if name in _CONTAINING else set()),
        )
    if section == "profile" and name in _BOOLEANS:
        return Field(lambda record: record.profile.get(name), _boolean, _EXACT)
    raise Unsupported(f"unrecognized attribute {attribute!r}")


_OWN = {
    "id": Field(lambda record: record.id.casefold(), _text, _ORDINARY),
    "status": Field(lambda record: record.status.casefold(), _text, _ORDINARY),
    "lastUpdated": Field(lambda record: record.last_updated, timestamp_literal, _TIME_OPERATORS),
}
