# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the vendor's iructl as its own command does, with one check set aside in memory.

That the tenant's host is one of kandji.io or iru.com.

For that one pattern it takes https://localhost:PORT instead, and nothing else. Run by an
interpreter that has iructl, which may be another than pytest's.
"""

from __future__ import annotations

import inspect
import re
import sys
import types

from iructl import main
from iructl.api import client

VENDORS_HOSTS = r"https://[A-Za-z0-9-]+\.api\.((eu\.)?(kandji\.io|iru\.com))"
LOOPBACK = r"https://localhost:[0-9]+"


def fullmatch(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(LOOPBACK if pattern == VENDORS_HOSTS else pattern, text)


if __name__ == "__main__":
    if VENDORS_HOSTS not in inspect.getsource(client.ApiConfig):
        sys.exit("iructl checks its tenant's host in another way now; see iructl_at_lab.py.")
    client.re = types.SimpleNamespace(fullmatch=fullmatch)
    sys.argv[0] = "iructl"
    main()
