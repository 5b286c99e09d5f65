# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of an org with flexible Okta Verify: a key for each method of Okta Verify.

Okta's guide "Okta Verify (Push/OTP) integration guide": answers translate the stored key
``okta_verify``, and policies that are written must not have it.
"""

from __future__ import annotations

import typing as t

VERIFY = "okta_verify"
KEYS = {
    "totp": "okta_verify_totp",
    "push": "okta_verify_push",
    "signed_nonce": "okta_verify_fastpass",
}
_TERM = "accessRequest.authenticator.key == '{}'"
_LEGACY_TERM = _TERM.format(VERIFY)
_TERMS = " || ".join(_TERM.format(key) for key in KEYS.values())


def translate(value: t.Any) -> t.Any:
    """Return a part of a rule as such an org answers it.

    What happens to an entry without a method is not documented: it becomes three. Nor is what
    happens to an expression with other conditions: it keeps its meaning.
    """
    if isinstance(value, str):
        return _TERMS if value == _LEGACY_TERM else value.replace(_LEGACY_TERM, f"({_TERMS})")
    if isinstance(value, dict):
        return {name: translate(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [each for inner in value for each in _translate_entry(inner)]
    return value


def _translate_entry(entry: t.Any) -> list[t.Any]:
    if not isinstance(entry, dict) or entry.get("key") != VERIFY:
        return [translate(entry)]
    methods = [entry["method"]] if entry.get("method") else list(KEYS)
    return [{**entry, "key": KEYS[method], "method": method} for method in methods]


def names_any(value: t.Any, keys: t.Collection[str]) -> bool:
    """Return whether a part of a rule has one of these keys as an authenticator's."""
    if isinstance(value, str):
        return any(_TERM.format(key) in value for key in keys)
    if isinstance(value, dict):
        return value.get("key") in keys or any(names_any(each, keys) for each in value.values())
    return isinstance(value, list) and any(names_any(each, keys) for each in value)
