# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests to the control surface look like, and the checks of their bodies and queries.

Each check raises BadRequest, whose text is one sentence for the caller.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, fields, replace

from lab.clock import Clock
from lab.okta.errors import ERRORS
from lab.okta.oauth import EVERYTHING
from lab.okta.rate_limits import Limits
from lab.state import LIMITS, Options, Switches

Body = dict[str, t.Any]
Types = type | tuple[type, ...]

# The switches that take one of a few values.
SWITCH_CHOICES: dict[str, tuple[t.Any, ...]] = {
    "profile_uuid_case": ("upper", "lower"),
    "profile_uuid_variable": ("payload_uuid", "item_id"),
    "unknown_tag": ("create", "error"),
    "command_request_types": ("apple", "other"),
    "certificate_rows": ("certificate", "common_name"),
    "native_scep_identifier": ("item_id", "opaque"),
    "too_many_body": ("detail", "empty", "html"),
    "repeated_lifecycle": (204, 400),
    "delete_active_error": tuple(ERRORS),
    "certificate_target_field": ("alternateId", "displayName", "detailEntry"),
    "ca_certificate_answer": ("der", "pkcs7"),
    "scep_capabilities": ("modern", "old", "none", "missing"),
    "scep_content_types": ("rfc", "generic", "html"),
    "certificate_authorities": ("served", "feature", "forbidden", "missing", "verb"),
    "scep_host": ("org", "alternate", "other"),
    "record_before_certificate": ("needs_reset", "heals"),
    "registered_false": ("matches", "refused"),
    "users_and_groups": ("both", "either"),
    "uncollected_devices": ("unknown", "known"),
    "ignored_fastpass": ("refused", "accepted"),
    "unknown_group": ("error", "accept"),
    "catch_all_changes": ("error", "ignore"),
    "rule_numbers": ("renumbered", "gaps"),
    "parallel_rule_writes": ("500", "taken"),
    "delete_mapped_policy": ("refuse", "reassign"),
    "denial_rules": ("all", "one"),
    "simulation": ("object", "list", "missing"),
    "deny_access_events": ("all", "unsatisfied"),
}


class BadRequest(Exception):
    """What the caller asked cannot be done; the text is one sentence."""


@dataclass(frozen=True)
class ControlRequest:
    """One request: its JSON body, its query, and what the last part of its path names."""

    body: Body
    query: t.Mapping[str, str]
    key: str = ""


Handler = t.Callable[[ControlRequest], t.Any]


@dataclass(frozen=True)
class ControlRoute:
    """One operation of the control surface.

    The handler runs under the lock of the world. With ``in_thread`` it runs in a thread of its
    own and takes the lock itself: it waits for Macs, people or an address outside of the lab.
    """

    verb: str
    path: str
    handler: Handler
    in_thread: bool = False


def parse_body(content: bytes) -> Body:
    """Return the JSON object that a request's body holds; an empty body is an empty object."""
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(parsed, dict):
        raise BadRequest("The body has to be a JSON object.")
    return parsed


def check_names(names: t.Iterable[str], known: t.Iterable[str]) -> None:
    """Refuse the first name, by the alphabet, that is not known."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise BadRequest(f"{unknown[0]!r} is not known here; known: {join(sorted(known))}.")


def check_values(body: Body, known: t.Mapping[str, Types], required: t.Sequence[str] = ()) -> None:
    """Refuse names that are not known, values of a wrong type, and the lack of what is required."""
    for name, value in body.items():
        if name not in known:
            raise BadRequest(f"{name!r} is not known here; known: {join(known) or 'nothing'}.")
        if not has_type(value, known[name]):
            raise BadRequest(f"{name} has the wrong type.")
    for name in required:
        if name not in body:
            raise BadRequest(f"{name} is needed.")


def has_type(value: t.Any, types: Types) -> bool:
    """Return whether a value has one of the types; a truth value does not count as a number."""
    return isinstance(value, types) and (types is bool or not isinstance(value, bool))


def check_choice(name: str, value: t.Any, choices: t.Collection[t.Any]) -> None:
    """Refuse a value that is not one of the choices."""
    if value not in choices:
        raise BadRequest(f"{name} is one of {join(choices)}.")


def read_flags(body: Body, known: t.Iterable[str]) -> dict[str, bool]:
    """Return a body that holds truth values under known names."""
    check_names(body, known)
    for name, value in body.items():
        if not isinstance(value, bool):
            raise BadRequest(f"{name} is either true or false.")
    return body


def read_serials(body: Body) -> list[str] | None:
    """Return the ``serials`` of a body, which holds nothing else; None without any."""
    check_names(body, ("serials",))
    serials = body.get("serials")
    if serials is None:
        return None
    if not isinstance(serials, list) or not all(isinstance(serial, str) for serial in serials):
        raise BadRequest("serials has to be a list of serial numbers.")
    return serials


def read_texts(body: Body, name: str) -> list[str]:
    """Return the list of texts under a name; it is empty if the name is missing."""
    values = body.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadRequest(f"{name} has to be a list of texts.")
    return values


def check_switches(switches: Switches, body: Body) -> None:
    """Refuse unknown switches, values of a wrong type, and values that are not a choice."""
    kinds = {field.name: type(getattr(switches, field.name)) for field in fields(switches)}
    check_names(body, kinds)
    for name, value in body.items():
        if not has_type(value, (int, float) if kinds[name] is float else kinds[name]):
            raise BadRequest(f"The switch {name} cannot be {json.dumps(value)}.")
        if name in SWITCH_CHOICES and value not in SWITCH_CHOICES[name]:
            raise BadRequest(f"The switch {name} is one of {join(SWITCH_CHOICES[name])}.")


def check_like(like: t.Mapping[str, t.Any]) -> None:
    """Refuse what a lab cannot be like: the ``lab`` of the file that verify_tenant.yml writes."""
    check_values(dict(like), {"switches": dict, "limits": dict})
    check_switches(Switches(), like.get("switches", {}))
    try:
        Limits(Clock()).set(like.get("limits", {}))
    except ValueError as problem:
        raise BadRequest(str(problem)) from None


def read_options(current: Options, body: Body) -> Options:
    """Return the current options of the lab with those of the body in their place."""
    kinds = {field.name: type(getattr(current, field.name)) for field in fields(current)}
    check_names(body, kinds)
    for name, value in body.items():
        if not has_type(value, kinds[name]):
            raise BadRequest(f"{name} cannot be {json.dumps(value)}.")
    check_choice("limits", body.get("limits", current.limits), LIMITS)
    check_like(body.get("like", {}))
    return replace(current, **body)


def read_app_settings(body: Body) -> Body:
    """Return a body that holds settings of a service app."""
    types: dict[str, type] = {"algorithm": str, "scopes": list}
    for name, value in body.items():
        if not isinstance(value, types.get(name, bool)) or (
            isinstance(value, list) and not {str(scope) for scope in value} <= EVERYTHING
        ):
            raise BadRequest(
                f"{name} cannot be {json.dumps(value)}; the scopes are {join(sorted(EVERYTHING))}."
            )
    return body


def join(values: t.Iterable[t.Any]) -> str:
    """Return values as text, separated by commas."""
    return ", ".join(str(value) for value in values)
