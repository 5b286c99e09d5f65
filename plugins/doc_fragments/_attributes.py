# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules promise. WRITES is for those that change something, READS for those that cannot."""

from __future__ import annotations


class ModuleDocFragment:
    WRITES = r"""
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying
      target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in
      check_mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second
      invocation indicates no change.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying
      target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in
      check_mode), when in diff mode.
    support: N/A
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second
      invocation indicates no change.
    support: full
"""

    OKTA = r"""
attributes:
  action_group:
    description: Use C(group/devicetrust.okta_kandji.okta) or
      C(group/devicetrust.okta_kandji.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - devicetrust.okta_kandji.okta
      - devicetrust.okta_kandji.all
"""

    KANDJI = r"""
attributes:
  action_group:
    description: Use C(group/devicetrust.okta_kandji.kandji) or
      C(group/devicetrust.okta_kandji.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - devicetrust.okta_kandji.kandji
      - devicetrust.okta_kandji.all
"""

    BOTH = r"""
attributes:
  action_group:
    description: Use one of these groups in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - devicetrust.okta_kandji.okta
      - devicetrust.okta_kandji.kandji
      - devicetrust.okta_kandji.all
"""
