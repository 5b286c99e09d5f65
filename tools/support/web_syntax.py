# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the syntax of HTML, CSS and JavaScript files with tree-sitter, without Node.js."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import tree_sitter
import tree_sitter_css
import tree_sitter_html
import tree_sitter_javascript

from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

GRAMMARS: dict[str, t.Any] = {
    ".css": tree_sitter_css,
    ".html": tree_sitter_html,
    ".js": tree_sitter_javascript,
}


def check_web_syntax() -> bool:
    """Print the syntax errors of all such files. Return whether there are files and no error."""
    files = [file for file in tracked_files() if file.suffix in GRAMMARS]
    problems = [
        f"{file}:{problem}"
        for file in files
        for problem in syntax_errors(file.suffix, (CHECKOUT / file).read_bytes())
    ]
    return judge_web_syntax(files, problems)


def judge_web_syntax(files: t.Sequence[Path], problems: t.Sequence[str]) -> bool:
    """Return whether files of each language were read, and none has a problem."""
    for problem in problems:
        print(problem)
    missing = sorted(GRAMMARS.keys() - {file.suffix for file in files})
    if missing:
        print(f"tree-sitter: no file ends in {', '.join(missing)}.")
    print(f"tree-sitter: {len(files)} files read, {len(problems)} syntax errors.")
    return not problems and not missing


def syntax_errors(suffix: str, source: bytes) -> list[str]:
    """Return the syntax errors of a source as ``line: text``."""
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[suffix].language()))
    return [
        f"{node.start_point.row + 1}: "
        + (f"missing {node.type}" if node.is_missing else "syntax error")
        for node in _errors(parser.parse(source).root_node)
    ]


def _errors(node: tree_sitter.Node) -> t.Iterator[tree_sitter.Node]:
    if node.is_error or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from _errors(child)


if __name__ == "__main__":
    sys.exit(not check_web_syntax())
