# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configure Sphinx for the documentation site. tools/docs.py lays its sources out."""

project = "devicetrust.okta_kandji"
author = "devicetrust.okta_kandji contributors"
copyright = author
title = "Macs that Okta trusts"
html_title = title
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
html_theme = "sphinx_rtd_theme"
html_theme_options = {
    "collapse_navigation": False,
    "navigation_depth": 2,
    "sticky_navigation": True,
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "ansible"
highlight_language = "yaml"
# Modules of ansible-core are meant by some references, and nothing is fetched from the network to
# find where they are explained.
intersphinx_mapping = {}
suppress_warnings = ["ref.ref", "misc.highlighting_failure"]
exclude_patterns = ["site/**"]
