# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on a copy of this checkout, or of the files that its users get.

pylint spends three quarters of its time on the lab, the tools and the tests. `make test` leaves
them to ruff and mypy; ``--all`` (`make test-all`) and `make matrix` copy everything.

ansible-test needs a path that ends in ansible_collections/NAMESPACE/NAME. In a directory that git
ignores it finds nothing to do and passes. So the files are copied to a temporary place, and its
output is read, not only its exit status.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import typing as t
from importlib.util import find_spec
from pathlib import Path

from tools.support.check_runner import CheckStep, run_steps
from tools.support.environment import CACHE, CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.git_files import tracked_files

HOME = (
    CACHE / "sanity-home"
)  # ansible-test keeps the virtual environments of its tests below the home directory
# Directories that only contributors have.
CONTRIBUTORS = ("lab", "tools", "tests")
SETTINGS = Path("tests", "config.yml")  # of ansible-test itself
STARTED = re.compile(r'^Running sanity test "([^"]+)"', re.MULTILINE)
# Those that say something about a collection such as this; what another ansible-core adds comes on
# top.
EXPECTED = frozenset(
    "action-plugin-docs ansible-doc changelog compile empty-init ignores import line-endings"
    " no-assert no-get-exception no-illegal-filenames no-smart-quotes pep8 pylint replace-urlopen"
    " runtime-metadata shebang symlinks use-argspec-type-path validate-modules yamllint".split()
)
# ansible-test downloads this script from its maintainers' own server; Python brings a pip along,
# which does as well.
GET_PIP = '''"""Stands in for get-pip.py."""
import os
import subprocess
import sys

environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
sys.exit(subprocess.call([sys.executable, "-m", "ensurepip", "--default-pip"], env=environment))
'''


def steps(everything: bool = False) -> list[CheckStep]:
    """Return the sanity check, of everything or of what users get."""
    return [CheckStep("sanity", lambda: sanity(everything))]


def sanity(everything: bool) -> bool:
    """Run the ansible-test of .venv with its Python only; `make matrix` runs the others."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    files = tracked_files() if everything else users_files(tracked_files())
    return judge(*run(SCRIPTS, installed_ansible_test(), ["--python", python], files=files))


def users_files(files: t.Iterable[Path]) -> list[Path]:
    """Return the files without those of the lab, the tools and the tests."""
    return [file for file in files if file.parts[0] not in CONTRIBUTORS or file == SETTINGS]


def installed_ansible_test() -> Path:
    """Return the directory of the package ansible_test of .venv."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("ansible_test is not installed. Remove .venv and run `make setup`.")
    return Path(spec.submodule_search_locations[0])


def run(
    scripts: Path,
    ansible_test: Path,
    arguments: t.Sequence[str],
    interpreters: t.Sequence[Path] = (),
    files: t.Iterable[Path] | None = None,
) -> tuple[int, str]:
    """Run `ansible-test sanity` of one ansible-core on a copy of the checkout.

    ``interpreters`` are directories with further Pythons. ``files`` are those that are copied, all
    if they are not given.
    """
    prepare_home(ansible_test)
    with tempfile.TemporaryDirectory(prefix="devicetrust-sanity-") as directory:
        collection = Path(directory) / "ansible_collections" / "devicetrust" / "okta_kandji"
        copy_files(collection, tracked_files() if files is None else files)
        # No more than the system's tools: an interpreter that is found but does not start (pyenv's
        # shims) stops ansible-test.
        path = [str(each) for each in (scripts, *interpreters)] + [
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
            "/usr/sbin",
            "/sbin",
        ]
        environment = child_environment(HOME=str(HOME), PATH=os.pathsep.join(path))
        return run_and_read(
            [str(scripts / "ansible-test"), "sanity", "--color", "no", *arguments],
            environment,
            collection,
        )


def prepare_home(ansible_test: Path) -> None:
    """Fill the home directory of ansible-test with what it would download."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in pip_versions(ansible_test):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP)
    # It passes no variables on to pip, so that a person who reaches PyPI through a mirror needs the
    # file in the new home too.
    for settings in (
        ".config/pip/pip.conf",
        ".pip/pip.conf",
        "Library/Application Support/pip/pip.conf",
    ):
        link = HOME / settings
        link.unlink(missing_ok=True)
        if (Path.home() / settings).is_file():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path.home() / settings)


def pip_versions(ansible_test: Path) -> set[str]:
    """Return the versions of pip that this ansible-test asks for.

    It names the script in its cache by them.
    """
    source = ansible_test / "_internal" / "python_requirements.py"
    versions = set(re.findall(r"""\bpip=['"]([\d.]+)['"]""", source.read_text()))
    if not versions:
        raise RuntimeError(f"{source} does not say which pip ansible-test wants.")
    return versions


def copy_files(collection: Path, files: t.Iterable[Path]) -> None:
    """Copy files of the checkout to a collection's directory."""
    for file in files:
        target = collection / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / file, target)


def judge(status: int, output: str) -> bool:
    """Return whether sanity passed, and all expected tests read something."""
    ran = set(STARTED.findall(output))
    missing = sorted(EXPECTED - ran)
    print(
        f"sanity: {len(ran)} tests ran"
        + (f"; expected but not run: {', '.join(missing)}" if missing else "")
    )
    skipped = "All targets skipped" in output
    if skipped:
        print("sanity: ansible-test found nothing to test.")
    return status == 0 and not missing and not skipped


if __name__ == "__main__":
    sys.exit(run_steps(steps(sys.argv[1:] == ["--all"])))
