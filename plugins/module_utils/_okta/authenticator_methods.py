# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta FastPass and the other methods of an authenticator:

where they are, and what is to be done about them. Pure.
"""

from __future__ import annotations

import copy
import typing as t

from .._core.changes import Change, Difference, differences, shown
from .._core.errors import ApiError, NotAsWritten, NotFound, Refused

FAST_PASS = ("okta_verify", "signed_nonce")
# Okta may keep the methods of Okta Verify as authenticators of their own; then the method stands
# under one of these keys.
SPLIT_KEYS = {
    "signed_nonce": "okta_verify_fastpass",
    "push": "okta_verify_push",
    "totp": "okta_verify_totp",
}
# Option -> key of the method's settings.
SETTINGS = {
    "show_sign_in_with_ov": "showSignInWithOV",
    "key_protection": "keyProtection",
    "algorithms": "algorithms",
}
READ_ONLY = ("_links", "status")
# Why Okta refuses to switch something off, by its documented codes.
REFUSALS = {
    "E0000174": (
        "rules of app sign-in policies have device conditions (managed, registered, assurance), and"
        " without Okta FastPass nobody could meet them. Take those conditions away first;"
        " okta_access_policy_forecast tells whom that concerns"
    ),
    "E0000148": (
        "it is needed elsewhere: by another authenticator's method, an enrolment policy or a rule"
        " that asks for it. Take it out there first"
    ),
}


def authenticators_with(
    authenticators: t.Iterable[t.Mapping[str, t.Any]], key: str, method: str
) -> list[dict[str, t.Any]]:
    """Where a method can be:

    the authenticator itself, or the one that Okta made of the method alone; the latter first, since
    writes want it.
    """
    keys = [SPLIT_KEYS[method], key] if key == "okta_verify" and method in SPLIT_KEYS else [key]
    rows = [dict(one) for one in authenticators]
    return [one for wanted in keys for one in rows if one.get("key") == wanted]


def find_method(methods: t.Iterable[t.Mapping[str, t.Any]], method: str) -> dict[str, t.Any] | None:
    return next((dict(one) for one in methods if one.get("type") == method), None)


def not_there(key: str, method: str, authenticators: t.Iterable[t.Mapping[str, t.Any]]) -> NotFound:
    known = ", ".join(sorted(str(one.get("key")) for one in authenticators)) or "none"
    return NotFound(
        f"Okta has no method {method!r} of authenticator {key!r}; it has the authenticators"
        f" {known}. Add it in the Admin Console: Security > Authenticators > Add authenticator.",
        vendor="okta",
    )


class MethodPlan(t.NamedTuple):
    """``body`` is a full replace that starts from what was read;

    ``status`` is ACTIVE or INACTIVE; either is None where it stays.
    """

    body: dict[str, t.Any] | None
    status: str | None
    changes: list[Change]


def plan_method(
    current: t.Mapping[str, t.Any], status: str | None, settings: t.Mapping[str, t.Any], title: str
) -> MethodPlan:
    """Only settings that are given are compared, lists as sets."""
    gaps = _gaps(settings, current)
    body = None
    if gaps:
        body = copy.deepcopy({key: value for key, value in current.items() if key not in READ_ONLY})
        body["settings"] = {**(body.get("settings") or {}), **settings}
    turned = status if status and current.get("status") != status else None
    before = {gap.path: shown(gap.before) for gap in gaps}
    after = {gap.path: shown(gap.after) for gap in gaps}
    if turned:
        before["status"], after["status"] = current.get("status"), turned
    return MethodPlan(body, turned, [Change("update", title, before, after)] if after else [])


def _gaps(settings: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]) -> list[Difference]:
    return differences(
        _without_order(settings), _without_order(current.get("settings") or {}), "settings."
    )


def _without_order(settings: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        key: sorted(value) if isinstance(value, list) else value for key, value in settings.items()
    }


def check_method(
    read: t.Mapping[str, t.Any] | None,
    status: str | None,
    settings: t.Mapping[str, t.Any],
    title: str,
) -> None:
    """Raises NotAsWritten, which names the keys."""
    wrong = [gap.path for gap in _gaps(settings, read or {})] + (
        ["status"] if status and (read or {}).get("status") != status else []
    )
    if wrong:
        raise NotAsWritten(
            f"Okta took {title} and shows something else for {', '.join(wrong)}.", keys=wrong
        )


def explained(error: ApiError, title: str) -> Exception:
    """A documented refusal as a sentence of its own; any other error as it is."""
    why = REFUSALS.get(error.error_code)
    return (
        Refused(f"Okta refuses to switch {title} off ({error.error_code}): {why}.", **error.details)
        if why
        else error
    )
