# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each write that must not be done twice has a read that shows whether it was done."""

from __future__ import annotations

import ast
import typing as t
from types import ModuleType

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Operation,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    client as kandji,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import client as okta

from tools.support.environment import CHECKOUT

CLIENTS = {"_okta": okta, "_kandji": kandji}


def single_writes(client: ModuleType) -> set[str]:
    """Return the names of the operations of a client that must not be done twice."""
    constants = vars(client).items()
    return {name for name, each in constants if isinstance(each, Operation) and not each.may_repeat}


def writes_with_a_read(source: str, names: t.Collection[str]) -> set[str]:
    """Return which of these operations are sent by a function that says how to read their fate."""
    return {
        name.id
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        and any(
            isinstance(each, ast.keyword) and each.arg == "is_undone" for each in _parts(function)
        )
        for name in _parts(function)
        if isinstance(name, ast.Name) and name.id in names
    }


def _parts(function: ast.FunctionDef) -> t.Iterator[ast.AST]:
    return ast.walk(function)


def test_a_write_without_a_read_is_found() -> None:
    sent = "def make(self):\n    self.transport.send(MAKE, Request({}, is_undone=read))\n"
    assert writes_with_a_read(sent, ["MAKE", "CLONE"]) == {"MAKE"}
    assert writes_with_a_read("def clone(self):\n    self.call(CLONE)\n", ["CLONE"]) == set()


@pytest.mark.parametrize("package", CLIENTS)
def test_each_write_that_must_not_be_done_twice_has_a_read(package: str) -> None:
    source = (CHECKOUT / "plugins/module_utils" / package / "client.py").read_text()
    names = single_writes(CLIENTS[package])
    assert names and writes_with_a_read(source, names) == names
