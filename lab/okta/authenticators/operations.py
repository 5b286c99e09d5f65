# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authenticators and their methods in Okta's management API.

Okta refuses some changes while policies rely on an authenticator.
"""

from __future__ import annotations

import typing as t

from lab.http import Answer, Call, Operation
from lab.okta.authenticators.flexible_verify import VERIFY
from lab.okta.authenticators.org_authenticators import Authenticator, split
from lab.okta.errors import refuse
from lab.okta.operation_base import parse_body, read_operation, write_operation
from lab.okta.org import Org

AUTHENTICATORS = "/api/v1/authenticators"
AUTHENTICATOR = AUTHENTICATORS + "/{authenticatorId}"
METHOD = AUTHENTICATOR + "/methods/{methodType}"
STEPS = {"activate": "ACTIVE", "deactivate": "INACTIVE"}
Json = dict[str, t.Any]


class AuthenticatorOperations:
    """The operations on authenticators of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operations."""
        return [
            read_operation(
                "listAuthenticators",
                AUTHENTICATORS,
                lambda call: Answer([listed.shape(call.base_url) for listed in self._listed()]),
            ),
            read_operation(
                "getAuthenticator",
                AUTHENTICATOR,
                lambda call: Answer(self._authenticator(call).shape(call.base_url)),
            ),
            write_operation("replaceAuthenticator", "PUT", AUTHENTICATOR, self._replace),
            *(
                write_operation(
                    f"{step}Authenticator",
                    "POST",
                    f"{AUTHENTICATOR}/lifecycle/{step}",
                    self._step(step),
                )
                for step in STEPS
            ),
            read_operation(
                "listAuthenticatorMethods", AUTHENTICATOR + "/methods", self._list_methods
            ),
            read_operation(
                "getAuthenticatorMethod",
                METHOD,
                lambda call: self._method_answer(call, *self._method(call)),
            ),
            write_operation("replaceAuthenticatorMethod", "PUT", METHOD, self._replace_method),
            *(
                write_operation(
                    f"{step}AuthenticatorMethod",
                    "POST",
                    f"{METHOD}/lifecycle/{step}",
                    self._method_step(step),
                )
                for step in STEPS
            ),
        ]

    # The objects of a call

    def _listed(self) -> list[Authenticator]:
        """Return the authenticators as the org lists them: Okta Verify as one or as three."""
        legacy_too = self.org.world.switches.legacy_okta_verify_listed
        return [
            part
            for authenticator in self.org.authenticators.values()
            for part in (
                [*split(authenticator), *[authenticator] * legacy_too]
                if self._is_split(authenticator)
                else [authenticator]
            )
        ]

    def _is_split(self, authenticator: Authenticator) -> bool:
        return self.org.world.switches.flexible_okta_verify and authenticator.key == VERIFY

    def _authenticator(self, call: Call) -> Authenticator:
        """Return the authenticator of a call.

        In an org with flexible Okta Verify, the earlier key is for reads alone.
        """
        wanted = call.path["authenticatorId"]
        known = {each.id: each for each in (*self.org.authenticators.values(), *self._listed())}
        authenticator = known.get(wanted) or refuse("E0000007", f"{wanted} (Authenticator)")
        if call.operation.verb != "GET" and self._is_split(authenticator):
            refuse("E0000001", "authenticator", ["Use the keys of the single methods."])
        return authenticator

    def _method(self, call: Call) -> tuple[Authenticator, str]:
        authenticator, method = self._authenticator(call), call.path["methodType"]
        if method not in authenticator.methods:
            refuse("E0000007", f"{method} (AuthenticatorMethod)")
        return authenticator, method

    @staticmethod
    def _method_answer(call: Call, authenticator: Authenticator, method: str) -> Answer:
        return Answer(authenticator.method_shape(call.base_url, method))

    def _list_methods(self, call: Call) -> Answer:
        authenticator = self._authenticator(call)
        return Answer(
            [authenticator.method_shape(call.base_url, method) for method in authenticator.methods]
        )

    # Changes

    def _replace(self, call: Call) -> Answer:
        """Replace an authenticator. Settings that are not sent are lost."""
        authenticator, body = self._authenticator(call), parse_body(call)
        if body.get("key", authenticator.key) != authenticator.key or not isinstance(
            body.get("name"), str
        ):
            refuse(
                "E0000001", "authenticator", ["key cannot change, and name cannot be left blank."]
            )
        kept = {
            name: value
            for name, value in (authenticator.settings or {}).items()
            if name == "appInstanceId"
        }
        authenticator.name, sent = body["name"], body.get("settings")
        if authenticator.settings is not None:
            authenticator.settings.clear()
            authenticator.settings.update({**(sent or {}), **kept})
        self._changed(authenticator, "update")
        return Answer(authenticator.shape(call.base_url))

    def _replace_method(self, call: Call) -> Answer:
        authenticator, method = self._method(call)
        body = parse_body(call)
        if body.get("type") != method:
            refuse("E0000001", "type", [f"type has to be {method}."])
        if body.get("status", "ACTIVE") == "INACTIVE":
            self._check_unused(method)
        authenticator.methods[method].clear()
        authenticator.methods[method].update(body.get("settings") or {})
        authenticator.set_status(method, body.get("status", authenticator.status_of(method)))
        self._changed(authenticator, "update")
        return self._method_answer(call, authenticator, method)

    def _step(self, step: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            authenticator = self._authenticator(call)
            if step == "deactivate":
                self._refuse_deactivation(authenticator)
            authenticator.set_status(authenticator.key, STEPS[step])
            self._changed(authenticator, step)
            return Answer(authenticator.shape(call.base_url))

        return take

    def _method_step(self, step: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            authenticator, method = self._method(call)
            if step == "deactivate":
                self._check_unused(method)
            authenticator.set_status(method, STEPS[step])
            self._changed(authenticator, step)
            return self._method_answer(call, authenticator, method)

        return take

    def _refuse_deactivation(self, authenticator: Authenticator) -> None:
        """Refuse: Okta's enrollment policy, which the lab does not list, uses each of them."""
        if "signed_nonce" in authenticator.methods:
            self._check_unused("signed_nonce")
        refuse("E0000148")

    def _check_unused(self, method: str) -> None:
        if method == "signed_nonce" and self.org.policies.need_fastpass():
            refuse("E0000174")

    def _changed(self, authenticator: Authenticator, step: str) -> None:
        authenticator.last_updated = self.org.now()
        target = {
            "id": authenticator.id,
            "type": "Authenticator",
            "alternateId": "unknown",
            "displayName": authenticator.name,
            "detailEntry": None,
        }
        self.org.administrator_event(
            f"security.authenticator.lifecycle.{step}",
            f"{step.capitalize()} authenticator",
            [target],
        )
