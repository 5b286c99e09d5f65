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


def sends(source: str, names: t.Collection[str]) -> list[tuple[str, bool]]:
    """Return each use of these operations in functions, and whether it says how to read its fate.

    The only use that does is a call "send(OPERATION, request)". Its request is the call Request(...)
    itself, or a name to which the function assigns such calls alone.
    """
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            readable = {
                call.args[0]
                for call in _parts(function)
                if isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "send"
                and len(call.args) == 2
                and all(map(_has_read, _requests(call.args[1], function)))
            }
            found += [
                (name.id, name in readable)
                for name in _parts(function)
                if isinstance(name, ast.Name)
                and name.id in names
                and not _names_alone(name, function)
            ]
    return found


def writes_with_a_read(source: str, names: t.Collection[str]) -> set[str]:
    """Return which of these operations are sent, each time with a way to read their fate."""
    uses = sends(source, names)
    return {name for name, _read in uses} - {name for name, has_read in uses if not has_read}


def _requests(argument: ast.expr, function: ast.FunctionDef) -> list[ast.expr]:
    """Return the expressions that a request may be."""
    if not isinstance(argument, ast.Name):
        return [argument]
    values = [
        each.value
        for each in _parts(function)
        if isinstance(each, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == argument.id for to in each.targets)
    ]
    return [*values] or [argument]


def _has_read(request: ast.expr) -> bool:
    return isinstance(request, ast.Call) and any(
        each.arg == "is_undone" for each in request.keywords
    )


def _names_alone(name: ast.Name, function: ast.FunctionDef) -> bool:
    """Return whether an operation is only named, for the message of a check of its answer."""
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "_written"
        and name in call.args
        for call in _parts(function)
    )


def _parts(function: ast.FunctionDef) -> t.Iterator[ast.AST]:
    return ast.walk(function)


SENT = "    self.transport.send(MAKE, Request({}, is_undone=read))\n"


@pytest.mark.parametrize(
    ("body", "with_read"),
    [
        (SENT, {"MAKE"}),
        (
            "    request = Request(is_undone=read)\n    self.transport.send(MAKE, request)\n",
            {"MAKE"},
        ),
        ("    self.call(CLONE)\n", set()),
        (f"{SENT}    self.transport.send(CLONE, Request({{}}))\n", {"MAKE"}),
        (f"{SENT}    self.transport.call(MAKE, {{}})\n", set()),
        (f"{SENT}    request = Request()\n    self.transport.send(CLONE, request)\n", {"MAKE"}),
        (f"{SENT}    self.transport.send(CLONE, request)\n", {"MAKE"}),
        (f"{SENT}    self._written(MAKE, body, 'x')\n", {"MAKE"}),
    ],
)
def test_a_write_without_a_read_is_found(body: str, with_read: set[str]) -> None:
    assert writes_with_a_read(f"def make(self):\n{body}", ["MAKE", "CLONE"]) == with_read


def test_each_send_of_an_operation_needs_a_read() -> None:
    source = f"def make(self):\n{SENT}\n\ndef again(self):\n    self.call(MAKE)\n"
    assert writes_with_a_read(source, ["MAKE"]) == set()


@pytest.mark.parametrize("package", CLIENTS)
def test_each_write_that_must_not_be_done_twice_has_a_read(package: str) -> None:
    source = (CHECKOUT / "plugins/module_utils" / package / "client.py").read_text()
    names = single_writes(CLIENTS[package])
    assert names and writes_with_a_read(source, names) == names
