# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of modules in the names that the caller of a playbook or role set.

A role passes C(kandji_scep_max_reissue) to the option C(max_reissue), and a playbook passes
C(device_trust_max_reissue) to the role. The templates of the task and of these variables say so.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterator, Mapping

from ..module_utils._core.options import Params
from ._variables import PREFIX, Variable, read_declaration

_RAW = re.compile(rf"(?<![\w.]){PREFIX}\w+")
_TYPED = re.compile(r"(?<!\w)device_trust\.(\w+)")
# A value that is one expression alone: next to other text it makes another value.
_EXPRESSION = re.compile(r"\s*\{\{(?:(?!\}\}).)*\}\}\s*", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_LONGEST_CHAIN = 5  # templates between an option and the variable of a user
_KEYS = ("console_steps", "msg", "problems", "reason", "refusal", "warnings")  # of a result


def trace_options(arguments: object, role: str, variables: Params) -> dict[str, str]:
    """Return option -> the variable of the playbook or role that its value comes from.

    :arg arguments: the options of the task as its file has them, not resolved.
    :arg role: the name of the role that the task belongs to, "" without one.
    :arg variables: all variables, not resolved.
    """
    names = {}
    if isinstance(variables.get("device_trust"), Mapping):  # validate_variables of a playbook
        names = {
            variable.key: variable.name
            for variable in _declared().values()
            if variable.environment  # which playbooks pass by module_defaults
        }
    options = arguments if isinstance(arguments, Mapping) else {}
    for template in options.values():
        keys = _trace_keys(template, role, variables)
        names |= {key: name for key, name in keys.items() if key not in options}
    for option, template in options.items():
        name = _trace(template, role, variables, _LONGEST_CHAIN)
        if name and name != option:
            names[str(option)] = name
    return names


def _declared() -> Mapping[str, Variable]:
    return read_declaration().variables


def _find_playbook_variable(template: str) -> str:
    """Return the variable of a playbook that a template names, or "".

    Secrets are named directly: validate_variables does not return them.
    """
    typed = _TYPED.search(template)
    if typed:
        return PREFIX + typed[1]
    return next((name for name in _RAW.findall(template) if name in _declared()), "")


def _trace(template: object, role: str, variables: Params, depth: int) -> str:
    if not isinstance(template, str) or "{{" not in template or not depth:
        return ""
    of_playbook = _find_playbook_variable(template)
    if of_playbook:
        return of_playbook
    known = variables.keys() - {"omit"}
    name = next((each for each in _IDENTIFIER.findall(template) if each in known), "")
    if not name or name.startswith("_"):
        return ""
    value = variables[name]
    if isinstance(value, str) and _EXPRESSION.fullmatch(value):
        return _trace(value, role, variables, depth - 1)
    return name if role and name.startswith(f"{role}_") else ""


def _trace_keys(template: object, role: str, variables: Params) -> dict[str, str]:
    """Return key -> variable, for the keys of the entries of a list that a variable holds.

    As the groups of the rules of C(managed_access_rules). A key with several variables has no name.
    """
    if not isinstance(template, str) or not _EXPRESSION.fullmatch(template):
        return {}
    name = next((each for each in _IDENTIFIER.findall(template) if each in variables), "")
    variables_of: dict[str, set[str]] = {}
    for key, value in _list_keys(variables.get(name)):
        template_of_key = value[0] if isinstance(value, list) and len(value) == 1 else value
        traced = _trace(template_of_key, role, variables, _LONGEST_CHAIN)
        variables_of.setdefault(str(key), set()).add(traced)
    single = {key: min(names) for key, names in variables_of.items() if len(names) == 1}
    return {key: name for key, name in single.items() if name}


def _list_keys(entries: object) -> Iterator[tuple[object, object]]:
    """Yield the keys and values of the mappings in a list."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            yield from entry.items()


def rename_options(result: Params, names: Mapping[str, str]) -> dict[str, object]:
    """Return a module's result whose messages name the variables instead of the options."""
    if not names:
        return dict(result)
    renamed = {key: _rename(value, names) for key, value in result.items() if key in _KEYS}
    if "exception" in result:
        renamed["exception"] = _rename_failure(result["exception"], names)
    return {**result, **renamed}


def _rename_failure(part: t.Any, names: Mapping[str, str]) -> object:
    """Return the failure of a module with other texts.

    From ansible-core 2.19 on it is an object, whose texts are displayed instead of C(msg).
    """
    if isinstance(part, tuple):
        return tuple(_rename_failure(each, names) for each in part)
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    texts = {"msg": _rename(part.msg, names)} if hasattr(part, "msg") else {}
    inner = {
        name: _rename_failure(getattr(part, name), names)
        for name in ("event", "events", "chain")
        if hasattr(part, name)
    }
    return dataclasses.replace(part, **texts, **inner)


def _rename(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_rename(each, names) for each in value]
    # A warning is an object from ansible-core 2.19 on, which takes texts as well.
    warning = getattr(getattr(value, "event", None), "msg", None)
    if isinstance(warning, str):
        renamed = _rename(warning, names)
        return value if renamed == warning else renamed
    if not isinstance(value, str):
        return value
    # The options that are words of their own only where they are surely meant.
    unmistakable = [re.escape(option) for option in names if "_" in option]
    words = [re.escape(option) for option in names if "_" not in option]
    patterns = []
    if unmistakable:
        patterns.append(rf"(?<![\w.])(?:{'|'.join(unmistakable)})(?![\w.]*\w)")
        patterns.append(rf"(?<![\w.])(?:{'|'.join(unmistakable)})(?=[.\[:])")
    if words:
        one_of = f"(?:{'|'.join(words)})"
        patterns.append(rf"(?:(?<=\A)|(?<=\n)|(?<=[.!?] )){one_of}(?=:|\[\d|\.\w+:)")
        patterns.append(rf"(?:(?<=[Ss]et )|(?<=[Rr]aise )){one_of}(?=[:.]| to )")
    return re.sub("|".join(patterns), lambda match: names[match[0]], value)
