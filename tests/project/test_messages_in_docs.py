# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages that docs/troubleshooting.md quotes are those of the code.

A user searches the page for the words that a run displayed. A message that was reworded in the code
alone is not found there.
"""

from __future__ import annotations

import ast
import re
import typing as t
from functools import cache

import pytest
import yaml

from tools.support.environment import CHECKOUT

PAGE = CHECKOUT / "docs" / "troubleshooting.md"
VALUE = "…"  # stands for a value of the user
TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\w*\}|%s", re.DOTALL)
QUOTED = re.compile(r"^- ((?:`[^`]+`,? ?(?:and )?)+)", re.MULTILINE)


class AnyTag(yaml.SafeLoader):
    """Read tags like those of Ansible as the text behind them."""


AnyTag.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def texts_of_python(node: ast.AST) -> str:
    """Return the text of a string, with a mark for each value in it; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(texts_of_python(part) or VALUE for part in node.values)
    return ""


def texts_of_yaml(value: object) -> t.Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts_of_yaml(inner)
    if isinstance(value, str):
        yield value


@cache
def texts_of_code() -> str:
    """Return all texts of the collection's code, one on a line, without values."""
    texts: list[str] = []
    for directory in ("plugins", "extensions", "playbooks", "roles"):
        for path in sorted((CHECKOUT / directory).rglob("*.py")):
            texts += [
                texts_of_python(node) for node in ast.walk(ast.parse(path.read_text("utf-8")))
            ]
        for path in sorted((CHECKOUT / directory).rglob("*.yml")):
            for document in yaml.load_all(path.read_text("utf-8"), AnyTag):  # noqa: S506 safe loader
                texts += texts_of_yaml(document)
    return "\n".join(" ".join(TEMPLATE.sub(VALUE, text).split()) for text in texts)


def quoted_messages(text: str) -> list[str]:
    """Return the messages at the start of the lines of "By message"."""
    section = text.split("\n## By message\n")[1].split("\n## ")[0].replace("\n  ", " ")
    return [
        message
        for beginning in QUOTED.findall(section)
        for message in re.findall(r"`([^`]+)`", beginning)
    ]


def absent_parts(message: str) -> list[str]:
    """Return the parts of a message, between values, that no text of the code has.

    The name of an option before the colon may be a value in the code.
    """
    parts = [part.strip() for part in message.split(VALUE)]
    code = texts_of_code().lower()
    return [
        part
        for part in parts
        if part.strip(":, ")
        and part.lower() not in code
        and (part.partition(": ")[2] or part).lower() not in code
    ]


@pytest.mark.parametrize("message", quoted_messages(PAGE.read_text("utf-8")))
def test_a_quoted_message_is_in_the_code(message):
    assert absent_parts(message) == []


def test_the_page_quotes_many_messages():
    assert len(quoted_messages(PAGE.read_text("utf-8"))) > 100


def test_a_message_that_the_code_does_not_have_is_seen():
    message = "rings: … has a generation, and the moon sets another"
    assert absent_parts(message) == ["has a generation, and the moon sets another"]
