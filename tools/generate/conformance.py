# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of docs/dev/conformance.md: operations, test programs and their results.

The tests of ``tests/conformance`` record its rows; a test whose rows differ from the page fails.
``python -m tools.generate.conformance`` runs them and writes the page; with ``--all`` also those
that need installed programs. Rows of tests that did not run on this machine stay as they are.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import sys
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.support.environment import CACHE, CHECKOUT, SCRIPTS, child_environment, run_and_read

PAGE = CHECKOUT / "docs" / "dev" / "conformance.md"
TESTS = CHECKOUT / "tests" / "conformance"
ROWS = CACHE / "conformance" / "rows"
WRITING = "CONFORMANCE_PAGE"  # set to "write" in the environment, tests record and do not compare
COMMAND = "python -m tools.generate.conformance"

_HEAD = "| program | operation | how | result | test |"
_RULE = "|---|---|---|---|---|"


@dataclass(frozen=True, order=True)
class Row:
    """``test`` is a pytest node id below tests/conformance; ``result`` is ok or failed."""

    program: str
    operation: str
    how: str
    result: str
    test: str


def short_id(node_id: str) -> str:
    """Return a pytest node id relative to tests/conformance."""
    return node_id.removeprefix("tests/conformance/")


# What tests record: a file for each test, so that processes do not meet in one


def record(test: str, rows: t.Iterable[Row], directory: Path = ROWS) -> None:
    """Write the rows of a test to a file of its own, since tests run in several processes."""
    directory.mkdir(parents=True, exist_ok=True)
    place = directory / f"{hashlib.sha256(test.encode()).hexdigest()[:20]}.jsonl"
    place.write_text(
        "".join(json.dumps(asdict(row)) + "\n" for row in sorted(set(rows))), encoding="utf-8"
    )


def recorded(directory: Path = ROWS) -> list[Row]:
    """Return the rows that tests have recorded."""
    lines = [
        line
        for place in sorted(directory.glob("*.jsonl"))
        for line in place.read_text(encoding="utf-8").splitlines()
    ]
    return [Row(**json.loads(line)) for line in lines]


# The page


def rows_of(text: str) -> list[Row]:
    """Return the rows of the page's table."""
    _before, _head, table = text.partition(_HEAD)
    cells = [
        re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines() if line.startswith("| ")
    ]
    return [Row(*(cell.strip().strip("`").replace("\\|", "|") for cell in line)) for line in cells]


def with_rows(text: str, rows: t.Iterable[Row]) -> str:
    """Return the page with another table and the same text before it."""
    before, _head, _table = text.partition(_HEAD)
    lines = [_HEAD, _RULE]
    for row in sorted(set(rows)):
        cells = [row.program, row.operation, row.how, row.result, f"`{row.test}`"]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return before + "\n".join(lines) + "\n"


def merged(
    page: t.Iterable[Row], ran: t.Iterable[Row], exists: t.Callable[[str], bool]
) -> list[Row]:
    """Return the rows of the page, updated with those of the tests that ran.

    Tests that no longer exist lose their rows.
    """
    new = list(ran)
    tried = {row.test for row in new}
    return sorted({row for row in page if row.test not in tried and exists(row.test)} | set(new))


def differences(test: str, ran: t.Iterable[Row], text: str) -> list[str]:
    """Return the differences between the page and the recorded rows of one test."""
    listed, measured = {row for row in rows_of(text) if row.test == test}, set(ran)
    lacking = [
        f"lacks: {row.program}, {row.operation}, {row.how}, {row.result}"
        for row in sorted(measured - listed)
    ]
    return lacking + [
        f"holds: {row.program}, {row.operation}, {row.how}, {row.result}"
        for row in sorted(listed - measured)
    ]


def exists(test: str, directory: Path = TESTS) -> bool:
    """Return whether a test function of this name is in this file."""
    file, _colons, name = test.partition("::")
    place = directory / file
    if not place.is_file():
        return False
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return name.partition("[")[0] in {
        node.name
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8")))
        if isinstance(node, functions)
    }


def main(arguments: list[str]) -> int:
    """Run the tests, write the page. The status is that of the tests."""
    shutil.rmtree(ROWS, ignore_errors=True)
    chosen = ["-m", ""] if arguments == ["--all"] else []
    status, _output = run_and_read(
        [str(SCRIPTS / "pytest"), str(TESTS), "--quiet", *chosen],
        child_environment(**{WRITING: "write"}),
        show=True,
    )
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_rows(text, merged(rows_of(text), recorded(), exists)), encoding="utf-8")
    print(
        f"{PAGE.relative_to(CHECKOUT)}: {len(rows_of(PAGE.read_text(encoding='utf-8')))} rows,"
        f" {len(recorded())} of them from this run."
    )
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
