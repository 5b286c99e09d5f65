# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta FastPass and the other methods of an authenticator: find one, plan its change. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.changes import Change, Difference, differences, render_value
from ..._core.errors import ApiError, BadOption, NotAsWritten, NotFound, Refused, Unreadable
from ..._core.json_fields import Json, Row, as_word
from ..._core.options import Params
from ..records import Authenticator, AuthenticatorMethod
from .okta_verify_spellings import OKTA_VERIFY, SPLIT_KEYS

FAST_PASS = (OKTA_VERIFY, "signed_nonce")
# Okta may keep the methods of Okta Verify as authenticators of their own, with these keys.
# Option -> key of the method's settings.
SETTINGS = {
    "show_sign_in_with_ov": "showSignInWithOV",
    "key_protection": "keyProtection",
    "algorithms": "algorithms",
}
# The settings that a method has, of these (Okta's OpenAPI description).
SETTINGS_OF = {
    "signed_nonce": ("show_sign_in_with_ov", "key_protection", "algorithms"),
    "push": ("key_protection", "algorithms"),
    "totp": (),
}
# The settings that Okta shows of a method (the same description, and recorded answers). A replace
# that leaves one out may set it to anything.
SHOWN_SETTINGS = {
    "signed_nonce": ("algorithms", "keyProtection", "showSignInWithOV"),
    "push": ("algorithms", "keyProtection", "transactionTypes"),
}
LISTS = ("algorithms", "transactionTypes")
WORDS = {"showSignInWithOV": ("ALWAYS", "NEVER"), "keyProtection": ("ANY", "HARDWARE")}
ALGORITHMS = ("ES256", "RS256")  # that Okta describes
STATUSES = ("ACTIVE", "INACTIVE")
METHOD_READ_ONLY = ("_links", "status")
# Why Okta refuses to switch a method off, by its documented codes.
REFUSALS = {
    "E0000174": (
        "rules of app sign-in policies have device conditions (managed, registered, assurance) that"
        " nobody can meet without Okta FastPass. Remove these conditions first;"
        " okta_access_policy_forecast lists the people concerned"
    ),
    "E0000148": (
        "a method of another authenticator, an enrollment policy or a rule needs it. Remove it"
        " there first"
    ),
}


@dataclass(frozen=True)
class MethodRequest:
    """What is wanted of a method.

    :arg authenticator: the key of its authenticator.
    :arg status: ACTIVE or INACTIVE; None leaves it as it is.
    :arg settings: the wanted settings, by Okta's keys; others stay as they are.
    """

    authenticator: str
    method: str
    status: str | None
    settings: Row

    @property
    def subject(self) -> str:
        """The method in messages and changes."""
        return f"method {self.method} of {self.authenticator}"


@dataclass(frozen=True)
class MethodPlan:
    """What to do about a method.

    ``body`` is a full replace of what was read; ``status`` is ACTIVE or INACTIVE. Either is None
    if it stays as it is.
    """

    body: Json | None = None
    status: str | None = None
    changes: tuple[Change, ...] = ()


def authenticators_with(
    authenticators: t.Sequence[Authenticator], key: str, method: str
) -> list[Authenticator]:
    """Return the authenticators that may have a method, those that writes need first.

    That is the authenticator that Okta made of the method alone, then the one with this key.
    Raises BadOption if several have it, as custom authenticators may.
    """
    keys = [SPLIT_KEYS[method], key] if key == OKTA_VERIFY and method in SPLIT_KEYS else [key]
    for wanted in keys:
        ids = [each.id for each in authenticators if each.key == wanted]
        if len(ids) > 1:
            raise BadOption(
                f"authenticator: Okta has {len(ids)} authenticators with the key {wanted!r}"
                f" ({', '.join(ids)}). Change the method of the right one in the Admin Console."
            )
    return [each for wanted in keys for each in authenticators if each.key == wanted]


def check_settings(method: str, options: Params) -> None:
    """Raise BadOption for an option that a method has no setting for, or no algorithm."""
    known = SETTINGS_OF[method]
    for option in SETTINGS:
        if options[option] is not None and option not in known:
            raise BadOption(
                f"{option}: method {method} does not have this setting. Remove the option."
            )
    if options["algorithms"] == []:
        raise BadOption("algorithms: the list is empty. Name one or leave the option out.")


def find_method(
    methods: t.Iterable[AuthenticatorMethod], method: str
) -> AuthenticatorMethod | None:
    """Return the method of this type, or None."""
    return next((each for each in methods if each.type == method), None)


def require_method(
    request: MethodRequest, methods: t.Iterable[AuthenticatorMethod]
) -> AuthenticatorMethod:
    """Return the method as it is right before a write. Raises NotFound if it is gone."""
    method = find_method(methods, request.method)
    if method is None:
        raise NotFound(
            f"Okta removed {request.subject} after this run read it. Nothing more was written. Run"
            " again.",
            vendor="okta",
        )
    return method


def missing_method(key: str, method: str, authenticators: t.Iterable[Authenticator]) -> NotFound:
    """Return the error for a method that the org does not have."""
    keys = ", ".join(sorted(str(each.key) for each in authenticators)) or "none"
    return NotFound(
        f"method: Okta has no method {method!r} of authenticator {key!r}; its authenticators are"
        f" {keys}. Add it in the Admin Console: Security > Authenticators > Add authenticator.",
        vendor="okta",
    )


def check_switch_off(
    current: AuthenticatorMethod, request: MethodRequest, allow_lock_out: bool, is_used: bool
) -> None:
    """Raise Refused for a method that is switched off while people may sign in with it.

    Okta shows which authenticators people have (listAuthenticatorEnrollments), not which methods of
    Okta Verify, so whom it locks out cannot be known.

    :arg allow_lock_out: whether the caller consents.
    :arg is_used: whether the authenticator may be in use.
    """
    if (
        request.status != "INACTIVE"
        or current.status == "INACTIVE"
        or not is_used
        or allow_lock_out
    ):
        return
    raise Refused(
        f"status: whom it would lock out cannot be known. Okta does not show who uses"
        f" {request.subject}, and people without another second factor cannot sign in without it."
        " Make sure that each has another one, then set allow_lock_out: true for this run."
    )


def check_narrowing(
    current: AuthenticatorMethod, request: MethodRequest, allow_lock_out: bool, is_used: bool
) -> None:
    """Raise Refused for settings that refuse keys with which people may sign in now.

    It holds for the whole org. A present value that Okta does not show may be the wider one.

    :arg allow_lock_out: whether the caller consents.
    :arg is_used: whether the authenticator may be in use.
    """
    if current.status == "INACTIVE" or not is_used or allow_lock_out:
        return
    wanted, known = request.settings, current.settings
    refused = []
    if wanted.get("keyProtection") == "HARDWARE" != known.get("keyProtection"):
        refused.append(
            "key_protection: it may refuse everybody whose Mac has no Secure Enclave, or whose"
            " other device does not keep keys in hardware (secureHardwarePresent in"
            " okta_device_info)."
        )
    algorithms, before = wanted.get("algorithms"), known.get("algorithms")
    if isinstance(algorithms, list):
        accepted = before if isinstance(before, list) else ALGORITHMS
        lost = sorted({*map(str, accepted)} - {*map(str, algorithms)})
        if lost:
            refused.append(
                f"algorithms: it may refuse everybody whose key is of {', '.join(lost)}."
            )
    if refused:
        raise Refused(
            f"{' '.join(refused)} Okta does not show whose keys of {request.subject} these are, and"
            " the setting is of the whole org. Make sure that each has another second factor, then"
            " set allow_lock_out: true for this run."
        )


def plan_method(current: AuthenticatorMethod, request: MethodRequest) -> MethodPlan:
    """Return what to do about a method. Lists of settings have no order.

    Raises Unreadable if Okta does not show what is compared, or what a full replace has to keep.
    """
    _check_readable(request, current)
    gaps = _differences(request, current)
    body = None
    if gaps:
        _check_readable(request, current, SHOWN_SETTINGS.get(request.method, ()))
        body = {key: value for key, value in current.row.items() if key not in METHOD_READ_ONLY}
        body["settings"] = {**current.settings, **request.settings}
    status = request.status if request.status and request.status != current.status else None
    before = {gap.path: render_value(gap.before) for gap in gaps}
    after = {gap.path: render_value(gap.after) for gap in gaps}
    if status:
        before["status"], after["status"] = current.status, status
    if not after:
        return MethodPlan()
    return MethodPlan(body, status, (Change("update", request.subject, before, after),))


def _check_readable(
    request: MethodRequest, current: AuthenticatorMethod, kept: t.Iterable[str] = ()
) -> None:
    """Raise Unreadable if what is compared has no known value, or a kept setting none to keep."""
    known = current.settings
    unknown = [key for key in request.settings if not _is_known(key, known.get(key))]
    unknown += [
        key for key in kept if key not in request.settings and not _is_readable(key, known.get(key))
    ]
    fields = [f"settings.{key}" for key in unknown]
    if fields and not isinstance(current.row.get("settings"), dict):
        fields = ["settings"]
    if request.status and current.status not in STATUSES:
        fields.append("status")
    if fields:
        raise Unreadable(
            f"{request.subject}: Okta's answer to listAuthenticatorMethods has no known value of"
            f" {', '.join(fields)}, and a write depends on it. Run again. If the error stays, check"
            " the method in the Admin Console.",
            vendor="okta",
            operation="listAuthenticatorMethods",
            fields=fields,
        )


def _is_known(key: str, value: object) -> bool:
    """Return whether a value is one that a wanted one can be compared with.

    A new algorithm is: a list is narrowed all the same.
    """
    return value in WORDS[key] if key in WORDS else _is_readable(key, value)


def _is_readable(key: str, value: object) -> bool:
    """Return whether a value can be that of a setting. A word that is new is one."""
    if key in LISTS:
        return isinstance(value, list) and all(map(as_word, value))
    return as_word(value) is not None


def _differences(request: MethodRequest, current: AuthenticatorMethod) -> list[Difference]:
    return differences(
        _sorted_lists(request.settings), _sorted_lists(current.settings), "settings."
    )


def _sorted_lists(settings: Row) -> Row:
    return {
        key: sorted(value, key=repr) if isinstance(value, list) else value
        for key, value in settings.items()
    }


def verify_method(
    request: MethodRequest, methods: t.Iterable[AuthenticatorMethod]
) -> AuthenticatorMethod:
    """Return the method as it was read back.

    Raises NotAsWritten, which names the keys, if Okta shows other values than were written.
    """
    method = find_method(methods, request.method) or AuthenticatorMethod()
    keys = [gap.path for gap in _differences(request, method)]
    if request.status and method.status != request.status:
        keys.append("status")
    if keys:
        raise NotAsWritten(
            f"Okta accepted {request.subject} and shows other values for {', '.join(keys)}. Run"
            " again.",
            keys=keys,
        )
    return method


def translate_refusal(error: ApiError, subject: str) -> Exception:
    """Return a documented refusal as an error that explains it; any other error as it is."""
    reason = REFUSALS.get(error.error_code)
    if not reason:
        return error
    return Refused(
        f"Okta refuses to switch off {subject} ({error.error_code}): {reason}.", **error.details
    )
