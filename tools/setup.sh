#!/bin/sh
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs make_venv.py with a Python that is new enough: $PYTHON if set, else the first of the usual names that works.
# A name that is found is not enough: pyenv's shims are there for versions that are not.
set -eu

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3
fi
chosen=
for candidate; do
    if new_enough "$candidate"; then
        chosen=$candidate
        break
    fi
done
if [ -z "$chosen" ]; then
    echo "Python 3.11 or newer is needed${PYTHON:+, and $PYTHON is not}. Name one: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi
exec "$chosen" "$(dirname "$0")/make_venv.py"
