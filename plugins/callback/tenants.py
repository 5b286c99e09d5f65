# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One summary over all tenants at the end of a run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tenants
type: aggregate
short_description: Show one line for each tenant at the end of a run
version_added: 0.1.0
description:
  - A run with several tenants as hosts ends with a line for each tenant. It has the outcome, the
    number of changed tasks, how many Macs are managed, what the tenant waits for, and the first
    line of its failure.
  - Tenants that failed come last, with the option that repeats the run for them alone.
  - A run with one host shows nothing.
  - With O(page_dir) it also keeps one page over all tenants, C(tenants.html), and the same as JSON,
    C(tenants.json). A run updates the tenants that it ran on. What it did not read stays as it was,
    with its time. Runs at the same time, such as the slices of a job, do not replace each other's
    tenants. Check mode does not write the page.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
options:
  page_dir:
    description:
      - Directory of the page over all tenants. Without it there is none.
      - A tenant links to its own report, if that was written. The page names people and Macs only
        where the message of a failure does.
    type: path
    ini:
      - section: callback_tenants
        key: page_dir
    env:
      - name: DEVICE_TRUST_TENANTS_PAGE_DIR
requirements:
  - Enable it with C(callbacks_enabled = devicetrust.okta_kandji.tenants) in C(ansible.cfg), or with
    the environment variable C(ANSIBLE_CALLBACKS_ENABLED).
"""

import typing as t
from datetime import datetime, timezone
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase

from ..module_utils._core.timestamps import format_timestamp
from ..plugin_utils import _tenants_page
from ..plugin_utils._tenants import COLLECTION, Tenant, summarize


class CallbackModule(CallbackBase):
    """Keeps what became of each host, and shows it at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "devicetrust.okta_kandji.tenants"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._tenants: dict[str, Tenant] = {}
        self._hosts: set[str] = set()  # on which a task of the collection ran
        self._playbook = ""

    def _tenant(self, result: t.Any) -> Tenant:
        name = _get(result, "host").get_name()
        if _get(result, "task").action.startswith(COLLECTION):
            self._hosts.add(name)
        return self._tenants.setdefault(name, Tenant())

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        """Keep the name of the playbook."""
        self._playbook = Path(playbook._file_name).stem

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Keep the stages of the Macs, and what the tenant waits for."""
        self._tenant(result).record(_get(result, "task").action, _get(result, "result"))

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Keep the message, which counts if nothing rescues the host."""
        if not ignore_errors:
            self._tenant(result).fail(_get(result, "task").action, _get(result, "result"))

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """Keep the message."""
        self._tenant(result).fail(_get(result, "task").action, _get(result, "result"))

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Show the summary, if several hosts took part, and write the page."""
        for host in stats.processed:
            counts = stats.summarize(host)
            tenant = self._tenants.setdefault(host, Tenant())
            tenant.changed = counts["changed"]
            tenant.failed = bool(counts["failures"] or counts["unreachable"])
        tenants = {name: self._tenants[name] for name in sorted(stats.processed)}
        is_check = bool(context.CLIARGS.get("check"))
        if len(tenants) > 1:
            self._display.banner("TENANTS")
            for line in summarize(tenants, is_check):
                self._display.display(line)
        if not is_check:
            self._write_page({name: each for name, each in tenants.items() if name in self._hosts})

    def _write_page(self, tenants: dict[str, Tenant]) -> None:
        directory = self.get_option("page_dir")
        if not directory or not tenants:
            return
        now = format_timestamp(datetime.now(timezone.utc))
        try:
            page = _tenants_page.update(Path(directory), tenants, self._playbook, now)
        except OSError as error:
            self._display.warning(
                f"page_dir: the page of the tenants in {directory} cannot be written:"
                f" {error.strerror or error}. Set a directory that the user of the run may write."
            )
        else:
            self._display.display(f"The page of the tenants is {page}")


def _get(result: t.Any, name: str) -> t.Any:
    """Return a part of a result, of ansible-core before and from 2.19."""
    return getattr(result, name, None) or getattr(result, f"_{name}")
