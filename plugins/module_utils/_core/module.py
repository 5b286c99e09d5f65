# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module runs.

Options in, clients opened, run() called, its result or its error out. The effects of a module are
here.
"""

from __future__ import annotations

import os
import typing as t
from collections import Counter
from dataclasses import replace

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._http import transport as _transport
from .._http.operations import Operation, Write
from .._http.retry import error_may_pass
from .._http.transport import Transport, api_calls
from .._http.transport_settings import Settings
from .._kandji.client import Kandji
from .._okta.authentication.auth import TOKEN, has_credentials, make_auth, scopes_of
from .._okta.client import Okta
from .errors import DeviceTrustError
from .masking import Masker
from .option_values import check_ranges, check_required_names, check_texts
from .options import KANDJI, OKTA, Params, require
from .polling import Poll
from .progress import FILE_VARIABLE, Progress
from .results import Result
from .run_lock import LOCK_VARIABLE, RunLock
from .text import printable


class ModuleContext:
    """The parameters, clients and warnings that a module's run() works with.

    Raises BadOption for a number that is out of range, and for a text that YAML read otherwise.

    The clients refuse to write in check mode, and operations that the module does not declare.
    """

    def __init__(
        self,
        params: Params,
        check_mode: bool,
        warn: t.Callable[[str], None],
        uses: t.Sequence[Operation],
    ) -> None:
        check_ranges(params)
        check_texts(params)
        self.params, self.check_mode, self.uses = params, check_mode, tuple(uses)
        self.masker = Masker()
        self._warn = warn
        self._progress = Progress(os.environ.get(FILE_VARIABLE), self.masker)
        self.settings = replace(
            _settings(params, check_mode),
            uses=(*uses, TOKEN),
            sleep=self._progress.sleep,
            report=self._progress.add,
            check_run=RunLock(os.environ.get(LOCK_VARIABLE)).check,
        )
        self._transports: list[Transport] = []
        self._okta: Okta | None = None
        self._kandji: Kandji | None = None

    @property
    def okta(self) -> Okta:
        """The client of the Okta org that the options name. Raises BadOption."""
        if self._okta is None:
            url = require(self.params, OKTA, "okta_org_url")
            auth = make_auth(self.params, OKTA, self.masker, scopes_of(self.uses, self.check_mode))
            self._okta = Okta(url, auth, self.settings, self.masker)
            self._transports.append(self._okta.transport)
        return self._okta

    @property
    def has_okta(self) -> bool:
        """Whether options or environment name an org, for modules that can do without."""
        return bool(self.params["okta_org_url"]) and has_credentials(self.params)

    @property
    def kandji(self) -> Kandji:
        """The client of the Kandji tenant that the options name. Raises BadOption."""
        if self._kandji is None:
            url = require(self.params, KANDJI, "kandji_api_url")
            token = require(self.params, KANDJI, "kandji_api_token")
            self._kandji = Kandji(url, token, self.settings, self.masker)
            self._transports.append(self._kandji.transport)
        return self._kandji

    def opened(self, transport: Transport) -> Transport:
        """Return the transport, whose calls now count in this run's result."""
        self._transports.append(transport)
        return transport

    def part(
        self, params: Params, uses: t.Sequence[Operation], warn: t.Callable[[str], None]
    ) -> ModuleContext:
        """Return the context of another module that is a part of this run, in check mode.

        It has clients of its own, which may send what that module declares. Their calls count in
        this run's result.

        :arg params: all options of the other module. Raises the same errors as for this one.
        """
        part = ModuleContext(params, True, warn, uses)
        part.masker, part._progress = self.masker, self._progress
        part._transports = self._transports
        part.settings = replace(self.settings, check_mode=True, uses=(*uses, TOKEN))
        return part

    def warn(self, text: str) -> None:
        """Show a warning, without secrets."""
        self._warn(printable(self.masker.text(text)))

    def progress(self, step: str) -> None:
        """Display which step begins, if the run takes long enough for a person to wait for it."""
        self._progress.begin(step)

    def wait(self, step: str, seconds: float, remaining: float) -> None:
        """Wait so many seconds at the most, and display for what and how long still.

        :arg remaining: the seconds that are left for all waits of this step.
        """
        self._progress.begin(step, remaining)
        self.settings.sleep(min(seconds, remaining))

    def poll(self, seconds: float, interval: float) -> Poll:
        """Return the waits between attempts that may take so many seconds from now."""
        return Poll(self.wait, seconds, interval, error_may_pass, self._budgets)

    def _budgets(self) -> list[tuple[int, int | None]]:
        """Return how many requests each client has sent, and how many it has left of an hour's."""
        return [transport.budget() for transport in self._transports]

    def may_have_written(self) -> bool:
        """Return whether a vendor carried out a write of this run, or may have done."""
        return any(transport.may_have_written for transport in self._transports)

    def writes(self) -> list[Write]:
        """Return the writes that are finished, vendor by vendor."""
        return [write for transport in self._transports for write in transport.writes]

    def calls(self) -> list[dict[str, str | int]]:
        """Return the requests that were sent, by vendor and operation."""
        return api_calls(*self._transports)


def _settings(params: Params, check_mode: bool) -> Settings:
    return Settings(
        params["ca_path"],
        params["api_timeout"],
        params["api_retries"],
        params["capacity_percent"],
        check_mode,
    )


def run_module(
    run: t.Callable[[ModuleContext], Result], uses: t.Sequence[Operation], **spec: t.Any
) -> None:
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
        check_required_names(spec.get("argument_spec") or {}, module.params)
        context = ModuleContext(module.params, module.check_mode, module.warn, uses)
        result = run(context)
        if not module._diff:
            result.pop("diff", None)
        result = context.masker.value({**result, "api_calls": context.calls()})
    except DeviceTrustError as error:
        module.fail_json(**_failure(context, error.message, error.details))
    # No traceback reaches a user; the type and the place are enough for a report.
    except Exception as error:
        text = context.masker.foreign_text(str(error)) if context else str(error)
        module.fail_json(
            **_failure(
                context,
                f"Unexpected {type(error).__name__} at {_place(error)}: {text}. Please report"
                " this.",
                {},
            )
        )
    module.exit_json(**result)


def _failure(
    context: ModuleContext | None, message: str, details: t.Mapping[str, object]
) -> Result:
    if context is None:
        return {**details, "msg": message, "api_calls": []}
    # A task that failed after a write has changed something, which handlers and people go by. So
    # may one whose write has no answer.
    changed = {"changed": True} if context.may_have_written() else {}
    writes = context.writes()
    listed = {"writes": [write.as_result() for write in writes]} if writes else {}
    result: Result = {
        **details,
        **changed,
        **listed,
        "msg": printable(f"{message}{_done_before(writes)}"),
        "api_calls": context.calls(),
    }
    return t.cast(Result, context.masker.value(result))


def _done_before(writes: t.Sequence[Write]) -> str:
    """Return a sentence on the writes that were done before a failure, "" without any."""
    counts = Counter(write.operation for write in writes if write.is_certain)
    names = [f"{name} ({count})" if count > 1 else name for name, count in counts.items()]
    return f" Done before that: {', '.join(names)}." if names else ""


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "an unknown place"
