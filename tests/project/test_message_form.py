# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages have the form ``<what>: <wrong>. <Remedy>.``

What is wrong begins in lower case, but for names. The remedy is a sentence of its own.
"""

from __future__ import annotations

import ast
import re
import typing as t

import pytest
import yaml

from tests.project.test_option_names_in_messages import texts
from tools.support.environment import CHECKOUT

# Names, which are in upper case everywhere.
PROPER = ("Kandji", "Okta", "Mac", "Macs", "Self Service")
# An option, or a variable part, at the beginning of a text.
WHAT = re.compile(rf"^(?:[a-z][a-z_, ]*|\{{\}}): (?!(?:{'|'.join(PROPER)})\b)[A-Z][a-z]*\b")
REMEDY = re.compile(
    r"; (?:ask|assign|check|choose|copy|correct|delete|give|leave|look|name|pin|put|raise|remove"
    r"|rename|run again|set|try|upgrade|use|wait|write)\b"
)
CONSTANT = re.compile(r"\{([A-Z][A-Z_]+)\}")
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def faults(text: str) -> list[str]:
    """Return what of a message does not have the form."""
    patterns = (WHAT, REMEDY)
    return [match.group(0) for pattern in patterns if (match := pattern.search(text))]


@pytest.mark.parametrize("place", ["plugins", "extensions/eda/plugins"])
def test_messages_have_the_form(place: str) -> None:
    files = sorted((CHECKOUT / place).rglob("*.py"))
    wrong: dict[str, t.Any] = {
        f"{file.relative_to(CHECKOUT)}: {text}": fault
        for file in files
        for text in texts(file.read_text(encoding="utf-8"))
        if (fault := faults(text))
    }
    assert files and wrong == {}


def constants_in_plain_strings(source: str) -> list[str]:
    """Return the constants in braces in texts that are no f-strings: they are not filled in."""
    tree = ast.parse(source)
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for text in formatted for part in ast.walk(text)}
    return [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
        for name in CONSTANT.findall(node.value)
    ]


def test_constants_in_braces_are_in_f_strings() -> None:
    assert constants_in_plain_strings("x = 'No. {TRY_AGAIN}', f'No. {TRY_AGAIN}'") == ["TRY_AGAIN"]
    wrong = {
        str(file.relative_to(CHECKOUT)): names
        for place in ("plugins", "extensions", "lab", "tools")
        for file in sorted((CHECKOUT / place).rglob("*.py"))
        if (names := constants_in_plain_strings(file.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def messages(node: object) -> t.Iterator[str]:
    """Yield what tasks say, with … for each expression, which may be a Mac or a ring."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("msg", "fail_msg", "success_msg") and isinstance(value, str):
                yield EXPRESSION.sub("…", value)
            yield from messages(value)
    elif isinstance(node, list):
        for each in node:
            yield from messages(each)


@pytest.mark.parametrize(
    "files", ["playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml"]
)
def test_messages_of_tasks_have_the_form(files: str) -> None:
    read = {
        f"{file.relative_to(CHECKOUT)}: {text}": faults(text)
        for file in sorted(CHECKOUT.glob(files))
        for text in messages(yaml.safe_load(file.read_text(encoding="utf-8")))
    }
    assert read and {text: fault for text, fault in read.items() if fault} == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("dest: It is empty. Name the directory.", ["dest: It"]),
        ("{}: This option does not exist. Remove it.", ["{}: This"]),
        ("device_trust_enforce: This run leaves the rings out.", ["device_trust_enforce: This"]),
        ("url: {} is not https; copy it again.", ["; copy"]),
        ("name: Kandji has another one. Rename it.", []),
        ("rings[0].tests: a ring has no such key; did you mean 'test_macs'?", []),
        ("Rule {}: Okta shows no status; nothing was written.", []),
    ],
)
def test_another_form_is_found(text: str, wrong: list[str]) -> None:
    assert faults(text) == wrong
