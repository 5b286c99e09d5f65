# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rings of a plugin, checked and converted as AnsibleModule checks those of a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._core.errors import BadOption
from ..module_utils._core.options import RING, RINGS, ArgumentSpec, Params
from ._variables import split_serials, split_texts, suggest_name

_FORMS = {"str": "a text", "dict": "a mapping", "list": "a list of texts"}
_REQUIRED = [name for name, option in RING.items() if option.get("required")]
_SERIALS = frozenset({"other_serials", "test_macs"})


def split_lists(values: Mapping[str, object], spec: ArgumentSpec) -> Params:
    """Return options with each list that is one text as a list, as variables of playbooks may be.

    Without it, a text is split at its commas alone, and other separators are part of a name.
    """
    return {
        name: (split_serials if name in _SERIALS else split_texts)(value)
        if isinstance(value, str) and spec.get(name, {}).get("type") == "list"
        else value
        for name, value in values.items()
    }


def validated_rings(rings: Sequence[object]) -> list[Params]:
    """Return the rings with their defaults and each value in its type. Raise BadOption."""
    return [_validated(f"rings[{number}]", ring) for number, ring in enumerate(rings)]


def _validated(place: str, ring: object) -> Params:
    if not isinstance(ring, Mapping):
        raise BadOption(f"{place}: {ring!r} is not a ring. Write its keys, name and blueprints.")
    ring = split_lists({str(key): value for key, value in ring.items()}, RING)
    problem = next(_problems(ring), "")
    if problem:
        raise BadOption(f"{place}{problem}")
    exclusive = RINGS["rings"]["mutually_exclusive"]
    result = ArgumentSpecValidator(RING, mutually_exclusive=exclusive).validate(dict(ring))
    if result.error_messages:
        names = " and ".join(name for names in exclusive for name in names if ring.get(name))
        raise BadOption(f"{place}: it has {names}, which exclude each other. Remove one of them.")
    return dict(result.validated_parameters)


def _problems(ring: Params) -> Iterator[str]:
    """Yield what is wrong with single keys, from the place in the ring on."""
    for key in ring:
        if key not in RING:
            yield f".{key}: a ring has no such key{suggest_name(str(key), RING)}"
    for name in _REQUIRED:
        if ring.get(name) in (None, "", []):
            yield f".{name}: it is missing or empty. Set it."
    for name, option in RING.items():
        value = ring.get(name)
        if value is None:
            continue
        if isinstance(value, list) and any(each in (None, "") for each in value):
            yield f".{name}: one of its values is empty. Remove it or its dash."
        spec = {name: {**option, "required": False}}
        if _is_wrong(spec, name, value):
            yield f".{name}: it is not {_FORMS[option['type']]}. Correct it."


def _is_wrong(spec: Mapping[str, Params], name: str, value: object) -> bool:
    """Return whether a value cannot be read as its type, or holds another that becomes a text."""
    kind = spec[name]["type"]
    texts = value if isinstance(value, list) and kind == "list" else [value]
    if kind != "dict" and any(isinstance(each, (Mapping, list)) for each in texts):
        return True
    return bool(ArgumentSpecValidator(dict(spec)).validate({name: value}).error_messages)
