# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make mutate`: mutation tests of the plans, each with the unit tests of its package alone.

mutmut changes one expression at a time and runs the tests of that function. A mutant that survives
is a decision that no unit test holds. A plan is a file whose docstring has the word Pure, or one of
NOT_PURE below. ``make mutate PLANS="gate device_records"`` runs files and packages by their names;
a path below plugins/module_utils does too. The table is printed, and the survivors with their
differences are written to .cache/mutate/survivors.txt.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.support.environment import CACHE, CHECKOUT, child_environment
from tools.support.git_files import tracked_files
from tools.support.interpreters import here
from tools.support.venvs import environment_of

PLACE = CACHE / "mutate"
REPORT = PLACE / "survivors.txt"
# The name that the plugins have on the import path, and so the names of mutmut's mutants.
COLLECTION = Path("ansible_collections") / "devicetrust" / "okta_kandji"
UTILS = Path("plugins") / "module_utils"
# Files that decide in small steps. Examples hold them; no property test draws their inputs.
DECIDED_BY_EXAMPLES = {
    "_core/lookup.py": "which object an option names",
    "_core/masking.py": "which parts of a text are secret",
    "_kandji/profile_holders.py": "which devices hold a profile, or may",
    "_kandji/lookups.py": "which object an option names, and which name an item may get",
    "_kandji/recheck.py": "which of two copies is kept",
    "_okta/user_statuses.py": "what the status of an account says of sign-ins",
    "_okta/authenticators/temporary_access.py": "whether a person may get a code",
    "_fleet/read_problems.py": "which failed read ends the reads of a vendor",
    "_fleet/rings/reader.py": "which profiles and blueprints are a ring's",
    "_fleet/registration.py": "whether a person can register a Mac",
    "_access/policies/moves_reader.py": "which rules a move changes, and whose groups changed",
    "_access/policies/lookups.py": "which objects the options of a rule name",
    "_access/policies/recheck.py": "whether Okta still holds what a plan of policies relies on",
    "_access/forecast/directory.py": "which people a forecast is about",
    "_access/forecast/forecast_reader.py": "which apps and people a forecast of a change counts",
    "_access/guards/change_guard.py": "which guards a change needs",
    "_access/forecast/report_access_reader.py": "which rules judge the apps of a report",
    "_access/rules/rule_set_apply.py": "which rule is written next, and whether it was",
    "_device_records/session_revocation.py": "which users lose their sessions, and which lost them",
}
# Files that decide as well, though they also read or write. Paths below plugins/module_utils.
NOT_PURE = {
    "_kandji/assignments.py": "which blueprints an item goes to and leaves, on how many Macs",
    "_kandji/console_items.py": "which item an option names, and what its statuses mean",
    "_device_records/reader.py": "which events and certificates belong to a record",
    "_device_records/apply.py": "which records are still to be deleted when they are read again",
    "_access/policies/apply.py": "which rule is placed or created again",
    "_access/forecast/policy_changes.py": "which changes of rules may refuse people",
    "_access/guards/break_glass.py": "whether a break-glass group keeps access",
    "_access/guards/protected_apps.py": "which apps of Okta a change may not touch",
    **DECIDED_BY_EXAMPLES,
}
COPIED = ("plugins", "roles", "playbooks", "lab", "tools", "tests", "meta")
# Drawn values find a decision by chance and take seconds, so an example has to hold it: tests with
# hypothesis do not run. Nothing reads a traceback, and pytest need not collect garbage at its end.
PYTEST = (
    *("--import-mode=importlib", "-m", "not hypothesis", "--tb=no"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"),
)
# Exit codes by which mutmut records what became of a mutant (mutmut.stats).
SURVIVED, NO_TESTS = frozenset({0}), frozenset({5, 33})
IGNORED = frozenset({34})
# A text that is compared, or that names a key, is a decision, not the letters of a message.
DECIDES = re.compile(r"""[=!]= ["']|["'] [=!]=|["'] (not )?in |\[["']|\.get\(["']""")


@dataclass(frozen=True)
class Mutant:
    """One change of one function, with the exit code of the tests that ran it."""

    file: str
    name: str
    exit_code: int | None
    diff: str = ""

    @property
    def killed(self) -> bool:
        """Return whether a test failed or did not end because of it."""
        return self.exit_code not in {None, *SURVIVED, *NO_TESTS}

    @property
    def textual(self) -> bool:
        """Return whether it changes nothing but the letters of a message."""
        removed, added = (
            [
                line[1:]
                for line in self.diff.splitlines()
                if line[:1] == sign and line[:3] != sign * 3
            ]
            for sign in "-+"
        )
        before, after = "".join(removed), "".join(added).replace("XX", "")
        return bool(added) and before.lower() == after.lower() and not DECIDES.search(before)


def is_pure(file: Path) -> bool:
    """Return whether the docstring of a Python file has the word Pure."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.search(r"\bPure\b", docstring) is not None


@cache
def plans(directory: Path = CHECKOUT) -> t.Mapping[str, t.Sequence[Path]]:
    """Return the files to mutate, by the names that PLANS takes.

    A name is that of a package without its underscore, or of a file without its suffix.
    """
    utils = directory / UTILS
    files = sorted({*filter(is_pure, utils.rglob("*.py")), *(utils / name for name in NOT_PURE)})
    named: dict[str, list[Path]] = {}
    for file in files:
        below = file.relative_to(utils)
        for name in dict.fromkeys((*(part.lstrip("_") for part in below.parts[:-1]), file.stem)):
            named.setdefault(name, []).append(file.relative_to(directory))
    return dict(sorted(named.items()))


def sources(names: t.Sequence[str], directory: Path = CHECKOUT) -> list[Path]:
    """Return the files of these plans, or of all. Raises ValueError for a name without a file."""
    known = plans(directory)
    files: list[Path] = []
    for name in names or known:
        path = UTILS / name.removeprefix(f"{UTILS}/")
        if name not in known and not (directory / path).is_file():
            raise ValueError(f"PLANS: {name} is not a plan. Choose from {', '.join(known)}.")
        files += known.get(name, [path])
    return list(dict.fromkeys(files))


def unit_tests(files: t.Iterable[Path], directory: Path = CHECKOUT) -> list[Path]:
    """Return the unit tests of the packages that hold these files."""
    folders = dict.fromkeys(Path("tests") / "unit" / file.parent for file in files)
    return [
        path.relative_to(directory)
        for folder in folders
        for path in sorted((directory / folder).glob("test_*.py"))
    ]


def settings(files: t.Sequence[Path], tests: t.Sequence[Path]) -> str:
    """Return a pyproject.toml for mutmut and pytest above the copied collection."""
    mutmut = {
        "source_paths": [str(COLLECTION)],
        "only_mutate": [str(COLLECTION / file) for file in files],
        "pytest_add_cli_args_test_selection": [str(COLLECTION / test) for test in tests],
        "pytest_add_cli_args": list(PYTEST),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in mutmut.items()]
    # A run that takes a minute longer than its tests (15 times this) counts as killed: on a machine
    # that others use, a run of a second may take many.
    lines.append("timeout_constant = 4.0")
    switches = ["use_setproctitle", "track_dependencies", "use_git_change_detection"]
    lines += [f"{name} = false" for name in switches]
    pytest = ["[tool.pytest.ini_options]", f"pythonpath = {json.dumps([str(COLLECTION)])}"]
    return "\n".join(["[tool.mutmut]", *lines, *pytest, ""])


def copy_collection(target: Path) -> None:
    """Copy what the tests import, since mutmut writes next to what it changes."""
    for file in tracked_files():
        if file.parts[0] in COPIED:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / file, target / file)


# Runs in the environment of mutmut: its own command prints one difference per process.
DIFFS = """
import json, sys
from mutmut.__main__ import find_mutant, get_diff_for_mutant
names = json.load(sys.stdin)
print(json.dumps({name: get_diff_for_mutant(name, path=find_mutant(name).path) for name in names}))
"""


def read_mutants(files: t.Iterable[Path], place: Path) -> list[Mutant]:
    """Return what mutmut recorded below ``place``, without differences."""
    mutants = []
    for file in files:
        meta = place / "mutants" / COLLECTION / f"{file}.meta"
        codes = json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
        mutants += [Mutant(str(file), name, code) for name, code in codes.items()]
    return [mutant for mutant in mutants if mutant.exit_code not in IGNORED]


def with_diffs(mutants: t.Sequence[Mutant], python: Path, place: Path) -> list[Mutant]:
    """Return the mutants, those that survived with their differences."""
    names = [mutant.name for mutant in mutants if not mutant.killed]
    answer = subprocess.run(
        [str(python), "-c", DIFFS],
        cwd=place,
        env=child_environment(),
        input=json.dumps(names),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    diffs: dict[str, str] = json.loads(answer.splitlines()[-1])
    return [
        Mutant(mutant.file, mutant.name, mutant.exit_code, diffs.get(mutant.name, ""))
        for mutant in mutants
    ]


def table(mutants: t.Sequence[Mutant]) -> list[str]:
    """Return a line for each file: killed of all, and what survived."""
    lines = [f"{'killed':>7} {'of':>5} {'%':>4}  survived: logic, untested, letters of a message"]
    for file in dict.fromkeys(mutant.file for mutant in mutants):
        group = [mutant for mutant in mutants if mutant.file == file]
        kinds = Counter(kind(mutant) for mutant in group)
        share = 100 * kinds["killed"] // len(group)
        lines.append(
            f"{kinds['killed']:>7} {len(group):>5} {share:>3}%  {kinds['logic']:>4}"
            f" {kinds['untested']:>4} {kinds['text']:>4}  {file}"
        )
    return lines


def kind(mutant: Mutant) -> str:
    """Return ``killed``, or what kind of survivor it is."""
    if mutant.killed:
        return "killed"
    if mutant.textual:
        return "text"
    return "untested" if mutant.exit_code in NO_TESTS else "logic"


def report(mutants: t.Sequence[Mutant]) -> str:
    """Return the survivors with their differences, those of tested functions first."""
    parts = []
    for chosen in ("logic", "untested", "text"):
        group = [mutant for mutant in mutants if kind(mutant) == chosen]
        parts.append(f"# {chosen}: {len(group)} mutants\n")
        parts += [f"## {mutant.name}\n{mutant.diff}\n" for mutant in group]
    return "\n".join(parts)


def judge(status: int, mutants: t.Sequence[Mutant], files: t.Sequence[Path]) -> bool:
    """Return whether mutmut ran to its end and tried mutants of every file."""
    missing = [str(file) for file in files if str(file) not in {mutant.file for mutant in mutants}]
    open_ones = sum(mutant.exit_code is None for mutant in mutants)
    if missing or open_ones:
        print(f"mutate: no mutants of {', '.join(missing) or 'none'}; {open_ones} not tried.")
    return status == 0 and bool(mutants) and not missing and not open_ones


def run(files: t.Sequence[Path], place: Path = PLACE) -> bool:
    """Mutate the files, print the table and write the report. Return whether all was tried."""
    lock = CHECKOUT / "requirements-mutate.lock"
    venv = environment_of(
        "mutate", here(), ["--no-deps", "--requirement", str(lock)], lock.read_text()
    )
    if venv is None:
        return False
    shutil.rmtree(place, ignore_errors=True)
    copy_collection(place / COLLECTION)
    (place / "pyproject.toml").write_text(settings(files, unit_tests(files)))
    children = str(os.cpu_count() or 1)
    started = time.monotonic()
    with (place / "mutmut.log").open("w") as log:  # progress, a screenful for each mutant
        status = subprocess.run(
            [str(venv / "bin" / "mutmut"), "run", "--max-children", children],
            cwd=place,
            env=child_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    mutants = read_mutants(files, place)
    passed = judge(status, mutants, files)
    if not passed:
        print((place / "mutmut.log").read_text()[-3000:])
    if mutants:
        mutants = with_diffs(mutants, venv / "bin" / "python", place)
        REPORT.write_text(report(mutants))
        print("\n".join(table(mutants)))
        print(f"{time.monotonic() - started:.0f} s; survivors: {REPORT.relative_to(CHECKOUT)}")
    return passed


def main(names: t.Sequence[str]) -> int:
    """Run the plans of these names, or all. Return 1 if mutmut did not try every file."""
    try:
        files = sources(names)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0 if run(files) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
