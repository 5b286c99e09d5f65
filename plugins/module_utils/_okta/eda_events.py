# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the event sources share:

their options, what a rulebook gets of an event, and a memory of what it got. Pure.
"""

from __future__ import annotations

import re
import typing as t
from collections import OrderedDict

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._core.errors import BadOption
from .._core.options import from_environment

# What the rulebooks of the collection are about. Which of the last two an org writes where a device
# is not good enough is not documented.
EVENTS = (
    'eventType eq "device.enrollment.create" or eventType sw "device.platform." or eventType sw'
    ' "pki." or eventType eq "application.policy.sign_on.deny_access" or (eventType eq'
    ' "policy.evaluate_sign_on" and outcome.result eq "DENY")'
)
OF_THE_ENGINE = ("eda_feedback_queue",)  # what ansible-rulebook adds to a source's options
REMEMBERED = 10000
_ID = re.compile(r"[\w.@+/-]{1,128}", re.ASCII)
_TEMPLATE = re.compile(r"\{(?=[{%#])")


def options(
    args: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Mapping[str, t.Any]]
) -> dict[str, t.Any]:
    """A source's options as a module's:

    types, defaults, the environment; raises BadOption, which never holds a value that is secret.
    """
    given = {
        name: value
        for name, value in args.items()
        if name not in OF_THE_ENGINE and value not in (None, "")
    }
    unknown = sorted(set(given) - set(spec))
    if unknown:
        raise BadOption(
            f"{unknown[0]}: this event source has no such option; it has {', '.join(sorted(spec))}."
        )
    missing = sorted(
        name
        for name, value in from_environment(given, spec).items()
        if name in spec and spec[name].get("required") and value is None
    )
    if missing:
        names = spec[missing[0]].get("fallback", (None, []))[1]
        raise BadOption(
            f"{missing[0]}: it is not given; set the"
            f" option{f', or {names[0]} in the environment' if names else ''}."
        )
    checked = ArgumentSpecValidator(dict(spec)).validate(given)
    if checked.error_messages:
        wrong = next(
            (name for name in given if any(name in text for text in checked.error_messages)),
            "an option",
        )
        raise BadOption(
            f"{wrong}: it cannot be read as {spec.get(wrong, {}).get('type', 'what it has to be')}."
        )
    return checked.validated_parameters


def prepared(event: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A LogEvent for a rulebook: as Okta has it, with ``device_trust`` beside its members.

    That holds ``device_ids``, ``serial_numbers`` and ``users`` (logins), as lists: what a playbook
    may be told, since each value is of a plain form. All other texts were written by whoever named
    a Mac or an app. A playbook takes what it is told for templates: their braces are parted.
    """
    targets = [one for one in event.get("target") or [] if isinstance(one, dict)]
    devices = [one for one in targets if "device" in _kind(one) and "platform" not in _kind(one)]
    people = [
        one
        for one in (*targets, event.get("actor") or {})
        if isinstance(one, dict) and _kind(one) == "user"
    ]
    details = [one.get("detailEntry") for one in devices]
    facts = {
        "device_ids": _plain(one.get("id") for one in devices),
        "serial_numbers": _plain(
            one.get("serialNumber") for one in details if isinstance(one, dict)
        ),
        "users": _plain(one.get("alternateId") for one in people),
    }
    return {**_without_templates(dict(event)), "device_trust": facts}


def _kind(target: t.Mapping[str, t.Any]) -> str:
    return str(target.get("type") or "").lower()


def _plain(values: t.Iterable[t.Any]) -> list[str]:
    return list(dict.fromkeys(str(one) for one in values if one and _ID.fullmatch(str(one))))


def _without_templates(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return _TEMPLATE.sub("{ ", value)
    if isinstance(value, dict):
        return {
            _without_templates(name): _without_templates(inner) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_templates(inner) for inner in value]
    return value


class Seen:
    """Ids that were handed on, the newest ``limit`` of them."""

    def __init__(self, ids: t.Iterable[str] = (), limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()
        for one in ids:
            self.add(one)

    def __contains__(self, one: t.Any) -> bool:
        return one in self._ids

    def add(self, one: str) -> None:
        self._ids[one] = None
        self._ids.move_to_end(one)
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)

    def discard(self, one: str) -> None:
        self._ids.pop(one, None)

    def newest(self, number: int) -> list[str]:
        return list(self._ids)[-number:]
