# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation tests name the files of a plan, and cannot pass by having tried nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import tomllib

from tools.mutate import (
    COLLECTION,
    NOT_PURE,
    UTILS,
    Mutant,
    judge,
    main,
    plans,
    read_mutants,
    report,
    settings,
    sources,
    table,
    unit_tests,
)
from tools.support.environment import CHECKOUT

FILE = Path("plugins/module_utils/_fleet/rings/gate.py")
LOGIC = """--- gate.py
+++ gate.py
@@ -1,3 +1,3 @@
 def judge(macs):
-    return macs and all(macs)
+    return macs or all(macs)
"""
TEXT = """--- gate.py
+++ gate.py
@@ -1,3 +1,3 @@
-    raise Refused("Wait for the test Macs.")
+    raise Refused("XXWait for the test Macs.XX")
"""


def mutant(name: str, exit_code: int | None, diff: str = "") -> Mutant:
    return Mutant(str(FILE), name, exit_code, diff)


@pytest.mark.parametrize("plan", plans())
def test_every_plan_has_files_and_unit_tests(plan):
    files = sources([plan])
    assert files
    assert unit_tests(files)


def pure_by_text() -> set[Path]:
    """Return the files below module_utils that say Pure before their first import."""
    return {
        path.relative_to(CHECKOUT)
        for path in (CHECKOUT / UTILS).rglob("*.py")
        if re.search(r"\bPure\b", path.read_text(encoding="utf-8").split("\nfrom __future__")[0])
    }


def test_every_pure_file_is_in_a_plan():
    assert len(pure_by_text()) > 30
    assert pure_by_text() - set(sources([])) == set()


def test_a_plan_that_is_not_pure_is_named_with_its_decision():
    others = set(sources([])) - pure_by_text()
    assert others == {UTILS / name for name in NOT_PURE}
    assert all(NOT_PURE.values())


def test_a_package_and_a_file_are_plans_by_their_names(tmp_path):
    for name, docstring in (
        *((name, "What it decides.") for name in NOT_PURE),
        ("_moon/phase.py", "The phase of the moon. Pure."),
        ("_moon/reader.py", "Reads of the moon. It is not purely arithmetic."),
    ):
        (tmp_path / UTILS / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / UTILS / name).write_text(f'"""{docstring}"""\n')
    phase = UTILS / "_moon" / "phase.py"
    assert sources(["moon"], tmp_path) == sources(["phase"], tmp_path) == [phase]
    assert UTILS / "_moon" / "reader.py" not in sources([], tmp_path)


def test_a_path_is_a_plan_of_its_own():
    assert sources(["_fleet/rings/gate.py"]) == sources(["gate"]) == [FILE]
    assert sources([str(FILE), "gate"]) == [FILE]
    assert sources(["_fleet/reader.py"]) == [UTILS / "_fleet" / "reader.py"]


def test_a_name_that_is_not_a_plan_is_refused(capsys):
    assert main(["gates"]) == 2
    assert capsys.readouterr().err.startswith("PLANS: gates is not a plan. Choose from access,")


def test_each_plan_in_an_example_is_one():
    for name in ("Makefile", "docs/dev/contributing.md", "tools/mutate.py"):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        named = re.findall(r'PLANS=[\\"]*([\w ]+)', text)
        assert named, name
        assert sources(" ".join(named).split())


def test_mutmut_gets_the_files_and_their_tests_by_their_full_names():
    tests = unit_tests([FILE])
    read = tomllib.loads(settings([FILE], tests))["tool"]
    assert read["mutmut"]["only_mutate"] == [str(COLLECTION / FILE)]
    assert (
        f"{COLLECTION}/tests/unit/{FILE.parent}/test_gate.py"
        in read["mutmut"]["pytest_add_cli_args_test_selection"]
    )


def test_examples_alone_kill_a_mutant():
    """A test with drawn values finds one by chance, and takes seconds for each."""
    read = tomllib.loads(settings([FILE], unit_tests([FILE])))["tool"]
    arguments = read["mutmut"]["pytest_add_cli_args"]
    assert arguments[arguments.index("-m") + 1] == "not hypothesis"


def test_what_mutmut_recorded_is_read(tmp_path):
    meta = tmp_path / "mutants" / COLLECTION / f"{FILE}.meta"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"exit_code_by_key": {"x_1": 1, "x_2": 0, "x_3": 34}}))
    assert read_mutants([FILE, UTILS / "other.py"], tmp_path) == [
        mutant("x_1", 1),
        mutant("x_2", 0),
    ]


def test_survivors_are_counted_by_kind_and_shown_with_their_differences():
    mutants = [
        mutant("killed", 1),
        mutant("slow", 36),
        mutant("logic", 0, LOGIC),
        mutant("untested", 33, LOGIC),
        mutant("text", 0, TEXT),
        mutant("case", 0, TEXT.replace("XXWait for the test Macs.XX", "WAIT FOR THE TEST MACS.")),
    ]
    assert table(mutants)[1].split() == ["2", "6", "33%", "1", "1", "2", str(FILE)]
    assert "## logic\n" + LOGIC in report(mutants)
    assert "killed" not in report(mutants)


@pytest.mark.parametrize(
    ("line", "mutated"),
    [
        ('return mac.proof != "missing"', 'return mac.proof != "XXmissingXX"'),
        ('return "okta" == vendor', 'return "OKTA" == vendor'),
        ('return row.get("status")', 'return row.get("STATUS")'),
        ('row["status"] = status', 'row["XXstatusXX"] = status'),
        ('return "MANAGED" in statuses', 'return "managed" in statuses'),
    ],
)
def test_a_text_that_decides_is_not_the_letters_of_a_message(line, mutated):
    diff = f"--- gate.py\n+++ gate.py\n@@ -1 +1 @@\n-    {line}\n+    {mutated}\n"
    assert not mutant("compared", 0, diff).textual
    assert mutant("text", 0, TEXT).textual


@pytest.mark.parametrize(
    ("status", "mutants", "passes"),
    [
        (0, [mutant("a", 1), mutant("b", 0, LOGIC)], True),
        (1, [mutant("a", 1)], False),
        (0, [mutant("a", 1), mutant("b", None)], False),
        (0, [], False),
    ],
    ids=["all tried", "mutmut failed", "one was not tried", "no mutants"],
)
def test_a_run_passes_only_if_mutants_of_every_file_were_tried(status, mutants, passes):
    assert judge(status, mutants, [FILE]) is passes
    assert not judge(status, mutants, [FILE, UTILS / "other.py"])
