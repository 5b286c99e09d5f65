# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal tenant: an Okta org, a Kandji tenant, their Macs and their people.

Nothing in ``plugins/`` imports it. It may be imported by tests, and it is started by ``python -m
lab``.
"""
