# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the event sources share: options, the events for rulebooks, and a memory of their ids."""

from __future__ import annotations

import os
import re
import typing as t
from collections import OrderedDict

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..._core.errors import BadOption
from ..._core.json_fields import Json, Row
from ..._core.option_values import check_ranges, check_texts
from ..._core.options import ArgumentSpec, Option, Params
from ..._core.text import is_unset
from ..records import LogEntity, LogEvent

# What the rulebooks of the collection are about. Which of the last two an org writes where a device
# is not good enough is not documented.
EVENTS = (
    'eventType eq "device.enrollment.create" or eventType sw "device.platform." or eventType sw'
    ' "pki." or eventType eq "application.policy.sign_on.deny_access" or (eventType eq'
    ' "policy.evaluate_sign_on" and outcome.result eq "DENY")'
)
ENGINE_OPTIONS = ("eda_feedback_queue",)  # what ansible-rulebook adds to a source's options
REMEMBERED = 10000
_ID = re.compile(r"[\w.@+/-]{1,128}", re.ASCII)
_TEMPLATE = re.compile(r"\{(?=[{%#])")


def options(args: Params, spec: ArgumentSpec) -> Params:
    """Return a source's options, with types, defaults and the environment as modules have them.

    Raises BadOption, which never holds a value that is secret.
    """
    values = {
        name: value
        for name, value in args.items()
        if name not in ENGINE_OPTIONS and value not in (None, "")
    }
    unknown = sorted(set(values) - set(spec))
    if unknown:
        raise BadOption(
            f"{unknown[0]}: this event source has no such option. Use one of"
            f" {', '.join(sorted(spec))}."
        )
    _require_options(values, spec)
    checked = ArgumentSpecValidator(dict(spec)).validate(values)
    if checked.error_messages:
        wrong = next(
            (name for name in values if any(name in text for text in checked.error_messages)),
            "an option",
        )
        raise BadOption(
            f"{wrong}: it cannot be read as {spec.get(wrong, {}).get('type', 'what it has to be')}."
        )
    params = dict(checked.validated_parameters)
    check_ranges(params)
    check_texts(params)
    return params


def _variables(option: Option) -> list[str]:
    """Return the environment variables of an option."""
    return list(option.get("fallback", (None, []))[1])


def _value_of(name: str, option: Option, options: Params) -> object:
    """Return the value that an option gets: its own, else that of the first variable that is set.

    The environment is read as Ansible's env_fallback reads it: an empty variable counts as set.
    """
    if name in options:
        return options[name]
    return next((os.environ[each] for each in _variables(option) if each in os.environ), None)


def _require_options(options: Params, spec: ArgumentSpec) -> None:
    """Raise BadOption for the first required option that neither it nor the environment sets.

    A blank text sets nothing: a blank secret would be that of every request without one.
    """
    missing = sorted(
        name
        for name, option in spec.items()
        if option.get("required") and is_unset(_value_of(name, option, options))
    )
    if missing:
        variables = _variables(spec[missing[0]])
        remedy = f" or the environment variable {variables[0]}" if variables else ""
        raise BadOption(f"{missing[0]} is required: set the option{remedy}.")


def prepared(event: Row) -> Json:
    """Return a LogEvent for a rulebook: as Okta has it, with the further member ``device_trust``.

    That holds ``device_ids``, ``serial_numbers`` and ``users`` (logins), as lists. A playbook may
    use them, since each value is of a plain form. All other texts were written by the people who
    named a Mac or an app. A playbook would read them as templates: their braces are separated.
    """
    record = LogEvent.from_row(event)
    devices = [target for target in record.targets if _is_device(target)]
    people = [each for each in (*record.targets, record.actor) if _kind(each) == "user"]
    facts = {
        "device_ids": _plain(device.id for device in devices),
        "serial_numbers": _plain(device.serial_number for device in devices),
        "users": _plain(person.alternate_id for person in people),
    }
    return {**_without_templates(dict(event)), "device_trust": facts}


def _is_device(target: LogEntity) -> bool:
    return "device" in _kind(target) and "platform" not in _kind(target)


def _kind(target: LogEntity) -> str:
    return (target.type or "").lower()


def _plain(values: t.Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value and _ID.fullmatch(value)))


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
    """The newest ``limit`` ids of events that a rulebook has received."""

    def __init__(self, ids: t.Iterable[str] = (), limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()
        for event_id in ids:
            self.add(event_id)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._ids

    def add(self, event_id: str) -> None:
        """Remember an id as the newest."""
        self._ids[event_id] = None
        self._ids.move_to_end(event_id)
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)

    def discard(self, event_id: str) -> None:
        """Forget an id."""
        self._ids.pop(event_id, None)

    def newest(self, number: int) -> list[str]:
        """Return the newest ids, oldest first."""
        return list(self._ids)[-number:]
