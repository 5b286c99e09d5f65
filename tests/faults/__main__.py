# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the matrix: `make faults`, or that of some modules: `make faults MODULES="okta_device_reset"`.

With ``--every 20``, a twentieth of the cells of each flow is run, each day another one. A wrong cell
is printed with what is wrong with it, unless it is open: ``open_cells.py`` says why.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime, timezone

from tests.faults.matrix import run_matrix


def main(arguments: list[str]) -> int:
    """Run the cells of these modules, or of all, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    asked = parser.parse_args(arguments)
    first = datetime.now(timezone.utc).toordinal() % asked.every
    started = time.monotonic()
    done = run_matrix(
        lambda cells: cells[first :: asked.every],
        lambda line: print(line, flush=True),
        asked.modules,
    )
    for line in done.lines():
        print(line.encode(errors="backslashreplace").decode())
    print(f"{time.monotonic() - started:,.0f} s")
    return 1 if done.unexpected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
