# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of others are installed where they are missing, and nothing is where they are there."""

from __future__ import annotations

import pytest

from tools.support import system_packages as programs


class Machine:
    """What is on it, what apt-get brings, and what apt-get was asked.

    ``failures`` says how often an installation fails at first.
    """

    def __init__(
        self, *there: str, brings: tuple[str, ...] = (), failures: int = 0, updates: bool = True
    ) -> None:
        self.present, self.brings, self.failures, self.updates = (
            set(there),
            brings,
            failures,
            updates,
        )
        self.ran: list[tuple[str, ...]] = []

    def there(self, need: str) -> bool:
        return need in self.present

    def run(self, command: tuple[str, ...]) -> bool:
        self.ran.append(tuple(command))
        if command == programs.UPDATE:
            return self.updates
        if self.failures:
            self.failures -= 1
            return False
        self.present |= set(self.brings)
        return True

    def provide(self, *names: str, root: bool = True) -> str:
        return programs.provide(names, run=self.run, there=self.there, root=root)


SCEP = ("scepclient", "scepserver")
INSTALL_SCEP = (*programs.INSTALL, "scep")


def test_what_is_there_is_left_alone():
    machine = Machine("apt-get", *SCEP)
    assert (machine.provide("scep"), machine.ran) == ("", [])


def test_what_is_missing_is_installed_without_a_question_and_without_an_update():
    machine = Machine("apt-get", brings=SCEP)
    assert (machine.provide("scep"), machine.ran) == ("", [INSTALL_SCEP])


def test_one_missing_part_is_enough_and_only_its_packages_are_named():
    machine = Machine("apt-get", *SCEP, "pki")
    assert programs.missing(["scep", "strongswan-pki", "strongswan-pki"], machine.there) == [
        "strongswan-pki",
        "libstrongswan-extra-plugins",
    ]


def test_the_lists_are_fetched_where_an_installation_fails():
    machine = Machine("apt-get", brings=SCEP, failures=1)
    assert (machine.provide("scep"), machine.ran) == (
        "",
        [INSTALL_SCEP, programs.UPDATE, INSTALL_SCEP],
    )


@pytest.mark.parametrize(
    ("machine", "asked"),
    [
        (Machine("apt-get", failures=2), [INSTALL_SCEP, programs.UPDATE, INSTALL_SCEP]),
        (Machine("apt-get", failures=2, updates=False), [INSTALL_SCEP, programs.UPDATE]),
    ],
)
def test_an_installation_that_fails_is_told_with_what_to_run(machine, asked):
    assert "apt-get install --yes --no-install-recommends scep" in machine.provide("scep")
    assert machine.ran == asked


def test_who_is_not_root_is_told_what_to_run_and_nothing_runs():
    machine = Machine("apt-get")
    assert machine.provide("scep", root=False).endswith(
        "run: sudo apt-get install --yes --no-install-recommends scep"
    )
    assert machine.ran == []


def test_where_there_is_no_apt_get_the_packages_are_named():
    machine = Machine()
    assert (
        machine.provide("scep", "certmonger").endswith(
            "apt-get is not here: scep, certmonger, dbus."
        )
        and machine.ran == []
    )


def test_a_package_that_does_not_bring_its_program_is_told():
    assert "scepserver is still missing" in Machine("apt-get", brings=("scepclient",)).provide(
        "scep"
    )


@pytest.mark.parametrize("arguments", [[], ["sscep"], ["--all", "scep"]])
def test_what_is_not_known_is_told_with_what_is(arguments, capsys):
    assert programs.main(arguments) == 2
    assert (
        "known are scep, strongswan-pki, certmonger, chromium, openssl" in capsys.readouterr().err
    )


def test_all_means_all(monkeypatch):
    asked = []
    monkeypatch.setattr(programs, "provide", lambda names, root: asked.extend(names) or "")
    assert programs.main(["--all"]) == 0 and asked == list(programs.PROGRAMS)


def test_a_problem_is_the_exit_status(monkeypatch, capsys):
    monkeypatch.setattr(programs, "provide", lambda names, root: "Something is missing.")
    assert programs.main(["scep"]) == 1 and capsys.readouterr().err == "Something is missing.\n"
