# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message names an option only where the action plugins rename it for users of playbooks.

An option that is an English word, such as rings, is renamed at the beginning of a sentence
("rings: ...") and after "set" or "raise". Elsewhere it is not distinguishable from the word.
"""

from __future__ import annotations

import ast
import re
import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._caller_names import (
    rename_options,
)

from tools.support.environment import CHECKOUT

COLLECTION = "devicetrust.okta_kandji."
# A bare option inside a sentence: "Remove the ring from rings."
INSIDE = (
    r"(?i)(?<![\w-])(?:from|in|of|with|without|via|option|lower|correct|leave out)\s+(?:{})\b"
    r"(?=\s*[.,;)]|$)"
)
# Modules that no role or playbook gives a variable of a user, and parts of the page of the report.
NOT_OF_PLAYBOOKS = ("_report", "_okta/events/log_follower.py", "_access/rules/options.py")


def passed_options(value: object) -> t.Iterator[str]:
    """Yield the options that the tasks of a file pass to the collection's modules."""
    if isinstance(value, list):
        for each in value:
            yield from passed_options(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if str(key).startswith(COLLECTION) and isinstance(inner, dict):
                yield from map(str, inner)
            yield from passed_options(inner)


def word_options() -> set[str]:
    """Return the options that playbooks and roles pass, and that may be English words."""
    files = [path for name in ("roles", "playbooks") for path in (CHECKOUT / name).rglob("*.yml")]
    loader = DataLoader()
    options = {each for path in files for each in passed_options(loader.load_from_file(str(path)))}
    return {option for option in options if "_" not in option}


def texts(source: str) -> t.Iterator[str]:
    """Yield the texts of a module that are no docstrings, with {} for what is put into them."""
    tree = ast.parse(source)
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, (ast.JoinedStr, ast.Expr))
        for part in (node.values if isinstance(node, ast.JoinedStr) else [node.value])
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in parts
            and not node.value.startswith("\n")  # documentation
        ):
            yield node.value


def bare_options(text: str, options: set[str]) -> list[str]:
    """Return where a text names an option that the action plugins would not rename."""
    result = rename_options({"msg": text}, {option: "@" for option in options})
    return re.findall(INSIDE.format("|".join(sorted(options))), str(result["msg"]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rings: it is empty. Set rings: [a].", []),
        ("rings: {} has a generation. Remove generation from rings.", ["from rings"]),
        ("licenses: {} is the limit. Then correct licenses.", ["correct licenses"]),
        ("The ring waits for the rings before it.", []),
    ],
)
def test_a_bare_option_is_found(text: str, found: list[str]) -> None:
    assert bare_options(text, {"rings", "licenses"}) == found


def test_no_message_names_a_bare_option() -> None:
    options = word_options()
    assert {"rings", "serials", "licenses", "confirm"} <= options
    found = {}
    for directory in ("modules", "module_utils"):
        for path in (CHECKOUT / "plugins" / directory).rglob("*.py"):
            name = path.relative_to(CHECKOUT / "plugins" / directory).as_posix()
            if name.startswith(NOT_OF_PLAYBOOKS):
                continue
            bare = [
                each for text in texts(path.read_text()) for each in bare_options(text, options)
            ]
            if bare:
                found[name] = bare
    assert found == {}
