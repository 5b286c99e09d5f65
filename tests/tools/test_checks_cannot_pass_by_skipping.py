# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that check the checkout are content with having looked at nothing.

These guards are not.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tools.check import SCENARIOS, all_scenarios, asked, judge_molecule, steps
from tools.lint import judge_ansible_lint, judge_ruff_format
from tools.support import check_runner
from tools.support.check_runner import Background, CheckStep, run_steps
from tools.support.complexity import LIMIT, FunctionComplexity, judge_complexity, measure
from tools.support.git_files import tracked_files
from tools.support.sanity import EXPECTED, judge, users_files
from tools.support.type_check import judge_mypy, typed_files

ALL_SANITY_TESTS = "\n".join(f'Running sanity test "{name}"' for name in EXPECTED)
STEPS = (
    "create",
    "prepare",
    "check",
    "side_effect",
    "converge",
    "idempotence",
    "verify",
    "destroy",
)
WHOLE_SCENARIO = "\n".join(f"default > {step}: Executed: Successful" for step in STEPS)


def test_sanity_passes_when_all_its_tests_ran():
    assert judge(0, ALL_SANITY_TESTS)


@pytest.mark.parametrize(
    ("status", "output"),
    [
        (1, ALL_SANITY_TESTS),
        (0, "WARNING: All targets skipped."),
        (0, ALL_SANITY_TESTS + "\nWARNING: All targets skipped."),
        (0, ALL_SANITY_TESTS.replace('"validate-modules"', '"another"')),
    ],
    ids=["it failed", "nothing was run", "nothing was looked at", "one test is missing"],
)
def test_sanity_fails(status, output):
    assert not judge(status, output)


def test_sanity_of_what_users_get_leaves_out_the_directories_of_contributors_alone():
    files = list(tracked_files())
    left_out = set(files) - set(users_files(files))
    assert {file.parts[0] for file in left_out} == {"lab", "tools", "tests"}
    assert Path("tests/config.yml") not in left_out and len(left_out) > 300


@pytest.mark.parametrize(
    ("status", "output", "passes"),
    [
        (0, "Passed: 0 failure(s), 0 warning(s) in 40 files processed of 48 encountered.", True),
        (2, "Failed: 1 failure(s), 0 warning(s) in 40 files processed of 48 encountered.", False),
        (0, "Passed: 0 failure(s), 0 warning(s) in 39 files processed of 48 encountered.", False),
        (0, "", False),
    ],
)
def test_ansible_lint_passes_only_if_it_read_all_that_there_is(status, output, passes):
    assert judge_ansible_lint(status, output, expected=40) is passes


@pytest.mark.parametrize(
    ("status", "output", "passes"),
    [
        (0, WHOLE_SCENARIO, True),
        (1, WHOLE_SCENARIO, False),
        (
            0,
            WHOLE_SCENARIO.replace(
                "verify: Executed: Successful", "verify: Executed: Missing playbook"
            ),
            False,
        ),
        (0, "", False),
    ],
)
def test_molecule_passes_only_if_every_step_was_done(status, output, passes):
    assert judge_molecule(status, output) is passes


def test_a_scenario_that_was_left_out_is_missed():
    assert judge_molecule(
        0, WHOLE_SCENARIO + WHOLE_SCENARIO.replace("default", "reset"), ["default", "reset"]
    )
    assert not judge_molecule(0, WHOLE_SCENARIO, ["default", "reset"])
    assert not judge_molecule(0, WHOLE_SCENARIO, [])


def test_every_scenario_has_all_playbooks():
    assert {
        "default",
        "reset",
        "renew",
        "rotate",
        "enforce",
        "empty_tenants",
        "existing_objects",
    } <= set(all_scenarios())
    for name in all_scenarios():
        assert {"prepare.yml", "converge.yml", "verify.yml"} <= {
            path.name for path in (SCENARIOS / name).iterdir()
        }, name


def test_one_failed_stage_stops_no_other_and_is_named_in_the_last_line(capsys):
    ran = []
    steps = [
        CheckStep("first", lambda: False),
        CheckStep("second", lambda: ran.append("second") or True),
    ]
    assert run_steps(steps) == 1
    assert ran == ["second"]
    assert capsys.readouterr().out.splitlines()[-1].endswith("failed: first")


def test_a_check_beside_others_runs_at_once_and_shows_its_output_later(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr(check_runner, "CHECKOUT", tmp_path)
    for name, status in (("passes", 0), ("fails", 1)):
        code = f"open({name!r}, 'w').close(); print({name!r}); raise SystemExit({status})"
        (tmp_path / f"{name}_beside.py").write_text(code)
    passes, fails = Background("passes_beside"), Background("fails_beside")
    while not {"passes", "fails"} <= {path.name for path in tmp_path.iterdir()}:
        time.sleep(0.01)
    assert capsys.readouterr().out == ""
    assert passes.finish()
    assert capsys.readouterr().out == "passes\n\n"
    assert not fails.finish()


def test_every_check_has_its_stage():
    names = [step.name for step in steps(lambda: True)]
    assert {"ruff", "types", "ansible-lint", "molecule", "sanity", "pytest", "recorder"} < set(
        names
    )
    everything = [step.name for step in asked(["--all"], lambda: True)]
    assert everything[: len(names)] == names
    assert {"long", "faults", "properties", "programs", "docs"} == set(everything[len(names) :])


@pytest.mark.parametrize(
    ("status", "output", "passes"),
    [
        (0, "357 files already formatted", True),
        (
            1,
            "Would reformat: a.py\n1 file would be reformatted, 356 files already formatted",
            False,
        ),
        (0, "299 files already formatted", False),
        (0, "", False),
    ],
)
def test_ruff_format_passes_only_if_it_read_every_file(status, output, passes):
    assert judge_ruff_format(status, output, expected=300) is passes


@pytest.mark.parametrize(
    ("status", "output", "passes"),
    [
        (0, "Success: no issues found in 191 source files", True),
        (1, "Found 1 error in 1 file (checked 191 source files)", False),
        (0, "Success: no issues found in 190 source files", False),
        (0, "", False),
    ],
)
def test_mypy_passes_only_if_it_read_every_file(status, output, passes):
    assert judge_mypy(status, output, expected=191) is passes


def test_mypy_reads_the_helpers_of_the_tests_and_not_the_tests():
    files = map(
        Path,
        [
            "plugins/modules/a.py",
            "lab/b.py",
            "tools/c.py",
            "tests/conftest.py",
            "tests/functional/helpers/d.py",
            "tests/faults/flows.py",
            "extensions/eda/plugins/event_source/g.py",
            "tests/unit/test_e.py",
            "README.md",
        ],
    )
    assert [file.name for file in typed_files(files)] == [
        "a.py",
        "b.py",
        "c.py",
        "conftest.py",
        "d.py",
        "flows.py",
        "g.py",
    ]


def test_a_complex_function_fails_and_so_does_no_function():
    simple, complicated = (
        FunctionComplexity("a.py", "run", LIMIT),
        FunctionComplexity("a.py", "plan", LIMIT + 1),
    )
    assert judge_complexity([simple], frozenset())
    assert not judge_complexity([simple, complicated], frozenset())
    assert not judge_complexity([], frozenset())


def test_a_complex_function_that_is_known_passes_until_it_is_split():
    known = frozenset({("a.py", "plan")})
    assert judge_complexity([FunctionComplexity("a.py", "plan", LIMIT + 1)], known)
    assert not judge_complexity([FunctionComplexity("a.py", "plan", LIMIT)], known)


def test_boolean_operators_count_as_branches(tmp_path):
    (tmp_path / "a.py").write_text("def choose(a, b, c):\n    return a and b or c\n")
    assert measure(Path("a.py"), tmp_path) == [FunctionComplexity("a.py", "choose", 3)]
