# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ``name`` in the docstring of a file is a file next to it, or a name that its code has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

FOLDERS = ("plugins", "lab", "tools", "extensions")
NAME = re.compile(r"``([A-Za-z_][\w.]*)``")
LIBRARIES = set(
    re.findall(r"^([\w-]+)==", (CHECKOUT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
)


def unknown_names(text: str, files: set[str]) -> list[str]:
    """Return the names in a file's docstring that nothing has.

    :arg files: the files and folders next to it, and those one folder up, without ``.py``.
    """
    tree = ast.parse(text)
    docstring = ast.get_docstring(tree) or ""
    known = files | LIBRARIES | names_of(tree)
    return [
        name
        for name in NAME.findall(docstring)
        if not {name.lower(), name.split(".")[0], name.split(".")[-1]} & known
    ]


def names_of(tree: ast.Module) -> set[str]:
    """Return the names in the code and in its strings, but for those that it gives to files."""
    names, renamed = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, (ast.arg, ast.keyword)):
            names.add(node.arg or "")
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.name)
            renamed.add(node.asname)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= set(re.findall(r"\w+", node.value)) if node not in docstrings(tree) else set()
    return {name for name in names if name not in renamed}


def docstrings(tree: ast.Module) -> list[ast.expr]:
    return [node.value for node in tree.body[:1] if isinstance(node, ast.Expr)]


def neighbors(path: Path) -> set[str]:
    folders = (path.parent, path.parent.parent)
    return {file.name.removesuffix(".py") for folder in folders for file in folder.iterdir()}


def test_every_name_in_the_docstring_of_a_file_is_there():
    paths = [path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in FOLDERS]
    assert len(paths) > 300
    wrong = {
        path.as_posix(): names
        for path in paths
        for names in [
            unknown_names((CHECKOUT / path).read_text("utf-8"), neighbors(CHECKOUT / path))
        ]
        if names
    }
    assert wrong == {}


def test_a_name_that_nothing_has_is_found():
    text = '"""Reads ``rows`` by ``Reader``; ``scep`` and ``PyJWT`` help, ``files`` is gone."""\n'
    text += "class Reader:\n    rows = []\n"
    assert unknown_names(text, {"scep", "file_content"}) == ["files"]


def test_a_name_that_only_the_import_of_a_file_has_is_found():
    text = '"""Other kinds are in ``enrollment_policies``."""\nimport enrollment as enrollment_policies\n'
    text += "print(enrollment_policies.KINDS)\n"
    assert unknown_names(text, {"enrollment"}) == ["enrollment_policies"]
