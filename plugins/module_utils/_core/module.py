# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module runs.

Options in, clients opened, run() called, its result or its error out. The effects of a module are
here.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from itertools import islice

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._http import transport as _transport
from .._http.operations import Operation, api_calls
from .._http.settings import Settings
from .._http.transport import Transport
from .._kandji.client import Kandji
from .._okta.auth import TOKEN, make_auth, scopes_of
from .._okta.client import Okta
from .changes import Change, ansible_diff, described
from .errors import BadOption, DeviceTrustError
from .masking import Masker
from .options import KANDJI, OKTA, need

Result = dict[str, t.Any]


class Run:
    """What a module's run() gets to work with.

    The clients refuse to write in check mode, and operations that the module does not declare.
    """

    def __init__(
        self,
        params: t.Mapping[str, t.Any],
        check_mode: bool,
        warn: t.Callable[[str], None],
        uses: t.Sequence[Operation],
    ) -> None:
        self.params, self.check_mode, self.uses = params, check_mode, tuple(uses)
        self.masker = Masker()
        self._warn = warn
        self.settings = replace(_settings(params, check_mode), uses=(*uses, TOKEN))
        self._transports: list[Transport] = []
        self._okta: Okta | None = None
        self._kandji: Kandji | None = None

    @property
    def okta(self) -> Okta:
        if self._okta is None:
            url = need(self.params, OKTA, "okta_org_url")
            auth = make_auth(self.params, OKTA, self.masker, scopes_of(self.uses, self.check_mode))
            self._okta = Okta(url, auth, self.settings, self.masker)
            self._transports.append(self._okta.transport)
        return self._okta

    @property
    def kandji(self) -> Kandji:
        if self._kandji is None:
            url, token = (
                need(self.params, KANDJI, name) for name in ("kandji_api_url", "kandji_api_token")
            )
            self._kandji = Kandji(url, token, self.settings, self.masker)
            self._transports.append(self._kandji.transport)
        return self._kandji

    def opened(self, transport: Transport) -> Transport:
        """Count the calls of a further transport in this run's result."""
        self._transports.append(transport)
        return transport

    def warn(self, text: str) -> None:
        self._warn(self.masker.text(text))

    def calls(self) -> list[dict[str, t.Any]]:
        return api_calls(*self._transports)


def _settings(params: t.Mapping[str, t.Any], check_mode: bool) -> Settings:
    if not 1 <= params["capacity_percent"] <= 100:
        raise BadOption(f"capacity_percent: {params['capacity_percent']} is not between 1 and 100.")
    if params["api_retries"] < 0 or params["api_timeout"] <= 0:
        raise BadOption(
            "api_retries must not be negative, and api_timeout must be more than 0 seconds."
        )
    return Settings(
        params["ca_path"],
        params["api_timeout"],
        params["api_retries"],
        params["capacity_percent"],
        check_mode,
    )


def outcome(changes: t.Sequence[Change], **values: t.Any) -> Result:
    """A result with what every changing module returns: changed, the plan in words, the diff."""
    return {
        "changed": bool(changes),
        "changes": described(changes),
        "diff": ansible_diff(changes),
        **values,
    }


def first_rows(
    rows: t.Iterable[dict[str, t.Any]], max_rows: int
) -> tuple[list[dict[str, t.Any]], bool]:
    """So many of the rows, and whether there are more.

    0 is all of them. No page is read beyond those that are needed. Raises BadOption.
    """
    if max_rows < 0:
        raise BadOption(f"max_rows: {max_rows} is negative; 0 is all of them.")
    found = list(islice(rows, max_rows + 1 if max_rows else None))
    more = bool(max_rows) and len(found) > max_rows
    return found[:max_rows] if more else found, more


def run_module(run: t.Callable[[Run], Result], uses: t.Sequence[Operation], **spec: t.Any) -> None:
    """Build the AnsibleModule, call ``run`` and leave with its result.

    Every error becomes one sentence.

    ``uses`` are the vendor operations that the module may send: the scopes asked for, and the
    documentation's table, are made from it.
    """
    module = AnsibleModule(supports_check_mode=True, **spec)
    if _transport.REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"))
    context = None
    try:
        context = Run(module.params, module.check_mode, module.warn, uses)
        result = run(context)
    except DeviceTrustError as error:
        module.fail_json(**_failure(context, error.message, error.details))
    except (
        Exception
    ) as error:  # no traceback reaches a user; the type and place are enough for a report
        module.fail_json(
            **_failure(
                context,
                f"Unexpected {type(error).__name__} at {_place(error)}: {error}. Please report"
                " this.",
                {},
            )
        )
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**context.masker.value({**result, "api_calls": context.calls()}))


def _failure(context: Run | None, message: str, details: t.Mapping[str, t.Any]) -> Result:
    result = {**details, "msg": message, "api_calls": context.calls() if context else []}
    return context.masker.value(result) if context else result


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "an unknown place"
