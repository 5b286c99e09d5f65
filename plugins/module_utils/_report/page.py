# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page:

markup with places for str.format, its style and its script. In Python, because Ansible brings no
other files to a module.
"""

from __future__ import annotations

# Columns of the table, with their headings; a row's further columns show when it is opened.
SHOWN = (
    ("serial_number", "Serial"),
    ("device_name", "Name"),
    ("person", "Person"),
    ("ring", "Ring"),
    ("stage", "Stage"),
    ("certificate_ends", "Certificate ends"),
    ("last_check_in", "Last check-in"),
)
LABELS = {
    **dict(SHOWN),
    "reason": "Why",
    "next_step": "Next step",
    "flags": "Flags",
    "doubt": "Unconfirmed, because",
    "blueprint": "Blueprint",
    "os_version": "macOS",
    "model": "Model",
    "tags": "Tags",
    "okta_status": "Okta record",
    "last_seen_by_okta": "Last seen by Okta",
    "users": "People in Okta",
    "certificates": "Certificates",
    "certificate_first_seen": "First certificate",
    "certificate_ends_from": "End is known from",
}

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="report-fingerprint" content="{fingerprint}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>Device trust of {org}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#macs">To the table of Macs</a>
"""

HEADER = """<header>
<div class="title">
<h1>Device trust of {org}</h1>
<p class="quiet">Macs of {tenant}, as of {time}</p>
</div>
<p class="headline"><b>{share}%</b> <span>{managed} of {total} Macs are managed</span></p>
<ul class="tiles">{tiles}</ul>
{flags}
</header>
<main>
"""

SECTION = '<section aria-labelledby="{id}"><h2 id="{id}">{title}</h2>{body}</section>\n'

TELL = """<article><h3><span class="pill {kind}">{label}</span> <span class="quiet">{count} {macs}</span></h3><blockquote>{text}</blockquote>
<p class="step"><b>Next step</b> {step}</p>
<p class="actions"><button type="button" data-copy>Copy text</button> <button type="button" data-stage="{stage}">Show these Macs</button></p></article>
"""

TABLE = """<section aria-labelledby="macs" class="wide">
<h2 id="macs" tabindex="-1">All Macs</h2>
<noscript><p>The table needs JavaScript. The CSV file beside this report has the same rows.</p></noscript>
<div class="tools">
<label class="search"><span>Search</span><input type="search" id="search" autocomplete="off" spellcheck="false"></label>
<label><span>Stage</span><select id="stage"><option value="">all</option></select></label>
<label><span>Ring</span><select id="ring"><option value="">all</option></select></label>
<label><span>Flag</span><select id="flag"><option value="">all</option></select></label>
<label class="narrow"><span>Sort by</span><select id="sort"></select></label>
<button type="button" id="clear">Clear</button>
</div>
<div class="pager"><p id="count" role="status" aria-live="polite"></p>
<button type="button" id="before" aria-label="Page before">&lsaquo;</button><button type="button" id="after" aria-label="Next page">&rsaquo;</button></div>
<div class="table"><table><caption class="unseen">Macs; press a heading to sort, and Details for all that is known of one</caption>
<thead><tr>{columns}<th scope="col"><span class="unseen">Details</span></th></tr></thead><tbody id="body"></tbody></table>
<p id="none" hidden>No Mac fits. Change the search, or clear it.</p></div>
</section>
"""

FOOT = """</main>
<footer><p>Made by devicetrust.okta_kandji with {calls} calls. It names people and their Macs: keep it among those who need it.</p></footer>
<script>{script}</script>
</body>
</html>
"""

STYLE = """
:root { color-scheme: light dark; --ground: #f5f6f8; --paper: #ffffff; --ink: #1b2029; --quiet: #596273; --line: #dfe3ea; --rail: #e9ecf1; --accent: #2f66c4;
  --field: #858e9d; --good: #14713a; --good-ground: #def3e5; --bad: #a3261f; --bad-ground: #fbe4e1; --wait: #775200; --wait-ground: #fbefd2;
    --none-ground: #eceef2; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12151a; --paper: #1a1e25; --ink: #e7eaf0; --quiet: #a4adbb; --line: #2d333e; --rail: #2a303b; --accent: #7fafff;
    --field: #79839a; --good: #80d9a0; --good-ground: #163424; --bad: #ff9f98; --bad-ground: #42201e; --wait: #efc56e; --wait-ground: #392e15;
    --none-ground: #2a303b; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1, h2, h3, p, ul, ol, blockquote { margin: 0; padding: 0; }
h1 { font-size: 1.35rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin-bottom: 0.9rem; font-size: 1.05rem; }
h3 { font-size: 0.95rem; }
ul, ol { list-style: none; }
b { font-variant-numeric: tabular-nums; }
code, td.code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.87em; }
.quiet { color: var(--quiet); font-weight: 400; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 2; padding: 0.5rem 1rem; border-radius: 0 0 8px 8px; background: var(--accent);
    color: var(--paper); }
.skip:focus { top: 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header, main, footer { max-width: 1280px; margin: 0 auto; padding: 0 1.5rem; }
header { display: grid; grid-template-columns: 1fr auto; gap: 1.2rem 2rem; align-items: end; padding-top: 2rem; padding-bottom: 1.5rem; }
.headline { text-align: right; }
.headline b { display: block; color: var(--good); font-size: 2.6rem; font-weight: 650; line-height: 1; letter-spacing: -0.02em; }
.tiles { grid-column: 1 / -1; display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.8rem; }
.tiles li { padding: 0.8rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; color: var(--quiet); }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; }
.good b { color: var(--good); } .bad b { color: var(--bad); } .wait b { color: var(--wait); } .none b { color: var(--ink); }
.flags { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0.5rem; font-size: 0.9rem; }
.flags button { padding: 0.15rem 0.7rem; border-color: var(--line); border-radius: 1rem; color: var(--quiet); } .flags b { color: var(--ink); }
section { margin-bottom: 1rem; padding: 1.2rem 1.3rem 1.3rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; min-width: 0; }
section h3 { margin-top: 0; }
.pair { display: grid; grid-template-columns: minmax(0, 6fr) minmax(0, 5fr); gap: 0 1rem; }
.steps li { display: grid; grid-template-columns: 13rem 4.5rem minmax(0, 1fr) 6.5rem; gap: 0 0.9rem; align-items: center; padding: 0.28rem 0; }
.steps b { text-align: right; }
.months li { grid-template-columns: 8rem 3.5rem minmax(0, 1fr); }
.lost { color: var(--quiet); font-size: 0.87rem; font-variant-numeric: tabular-nums; }
.bar { display: block; width: 100%; height: 10px; }
.rail { fill: var(--rail); } rect.accent { fill: var(--accent); } rect.good { fill: var(--good); } rect.bad { fill: var(--bad); }
    rect.wait { fill: var(--wait); }
.pill { display: inline-block; padding: 0.05rem 0.6rem; border-radius: 1rem; font-size: 0.87rem; font-weight: 500; white-space: nowrap; }
.pill.good { background: var(--good-ground); color: var(--good); } .pill.bad { background: var(--bad-ground); color: var(--bad); }
.pill.wait { background: var(--wait-ground); color: var(--wait); } .pill.none { background: var(--none-ground); color: var(--ink); }
.scroll { overflow-x: auto; } .scroll th { white-space: nowrap; } .scroll th, .scroll td { padding-left: 0.45rem; padding-right: 0.45rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.42rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--quiet); font-size: 0.87rem; font-weight: 600; }
#rings + .scroll th:first-child { padding-left: 0; }
.scroll tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.plain { display: flex; flex-wrap: wrap; gap: 0.1rem 1.5rem; color: var(--quiet); } .plain b { color: var(--ink); font-weight: 500; }
.months + h3 { margin: 1.2rem 0 0.2rem; }
details { margin-top: 0.7rem; } summary { cursor: pointer; font-weight: 600; }
.moves { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 0.1rem 1.2rem; padding: 0.4rem 0 0 1rem; }
.moves li { overflow-wrap: anywhere; }
.tell { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1rem; }
.tell article { display: flex; flex-direction: column; gap: 0.6rem; padding: 0.9rem 1rem; border: 1px solid var(--line); border-radius: 10px; }
.tell blockquote { flex: 1; } .step { color: var(--quiet); font-size: 0.87rem; } .step b { color: var(--ink); font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; }
button, input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--field); border-radius: 8px; padding: 0.32rem 0.75rem; }
button { cursor: pointer; } button:hover:enabled { border-color: var(--accent); color: var(--accent); } button:disabled { cursor: default; opacity: 0.45; }
.actions button { font-size: 0.9rem; padding: 0.2rem 0.65rem; }
.tools { display: flex; flex-wrap: wrap; gap: 0.7rem; align-items: end; }
.tools label { display: grid; gap: 0.15rem; min-width: 0; } .tools label > span { color: var(--quiet); font-size: 0.85rem; }
.tools select { max-width: 16rem; } .search { flex: 1 1 16rem; } .search input { width: 100%; }
.tools .narrow { display: none; }
.pager { display: flex; gap: 0.5rem; align-items: center; margin: 0.8rem 0; } .pager p { margin-right: auto; color: var(--quiet);
    font-variant-numeric: tabular-nums; }
.pager button { min-width: 2.4rem; }
.table { position: relative; overflow-x: auto; }
.table thead th { padding: 0; white-space: nowrap; }
.table thead button { width: 100%; padding: 0.45rem 0.5rem; border: 0; border-radius: 6px; background: none; font-weight: 600; text-align: left; }
.table thead button:focus-visible, .scroll:focus-visible { outline-offset: -3px; }
th[aria-sort] button { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " \\2191"; } th[aria-sort="descending"] button::after { content: " \\2193"; }
.table td { padding-left: 0.5rem; padding-right: 0.5rem; overflow-wrap: break-word; }
.table td.person { min-width: 13rem; overflow-wrap: anywhere; } .table td.short { white-space: nowrap; overflow-wrap: normal; }
td.open { text-align: right; padding-right: 0; white-space: nowrap; } td.open button { font-size: 0.87rem; padding: 0.1rem 0.6rem; }
.more td { background: var(--ground); }
.more dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 0.5rem 1.5rem; margin: 0.3rem 0; }
.more dt { color: var(--quiet); font-size: 0.85rem; } .more dd { margin: 0; overflow-wrap: anywhere; }
#none { padding: 1.5rem 0.7rem; color: var(--quiet); }
footer { padding-top: 0.5rem; padding-bottom: 2rem; color: var(--quiet); font-size: 0.87rem; }
@media (hover: hover) { #body tr:not(.more):hover td { background: var(--ground); } }
@media (max-width: 900px) { .pair { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 720px) {
  header, main, footer { padding-left: 0.9rem; padding-right: 0.9rem; }
  header { grid-template-columns: minmax(0, 1fr); padding-top: 1.2rem; } .headline { text-align: left; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } .tiles li { padding: 0.6rem 0.8rem; }
  section { padding: 1rem; }
  .steps li, .months li { grid-template-columns: minmax(0, 1fr) auto; padding: 0.4rem 0; } .steps .bar { grid-column: 1 / -1; grid-row: 2; margin-top: 0.2rem; }
  .scroll th, .scroll .pill { white-space: normal; } .scroll .pill { border-radius: 0.7rem; }
  .steps .lost { grid-column: 1 / -1; } .lost:empty { display: none; }
  .moves { grid-template-columns: minmax(0, 1fr); padding-left: 0; } .tell { grid-template-columns: minmax(0, 1fr); }
  button, select, input { min-height: 2.6rem; } .flags button { min-height: 2.2rem; } .actions button, td.open button { padding: 0.3rem 0.8rem; }
  .tools label { flex: 1 1 8rem; } .tools .search { flex-basis: 100%; } .tools select { width: 100%; max-width: none; } .tools .narrow { display: grid; }
  .table { overflow: visible; } .table thead { display: none; } .table table, #body, #body tr, #body td { display: block; }
  #body tr { padding: 0.5rem 0; border: 1px solid var(--line); border-radius: 10px; margin-bottom: 0.6rem; }
  #body td, .table #body td.short { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.5rem; padding: 0.12rem 0.8rem; border: 0;
    white-space: normal;
    overflow-wrap: anywhere; }
  #body td::before { content: attr(data-label); color: var(--quiet); font: 0.87rem/1.7 system-ui, sans-serif; } #body td > * { justify-self: start; }
  .table #body td:empty { display: none; } #body td.open { display: block; padding-top: 0.4rem; text-align: left; }
  #body .more { margin-top: -1rem; border-top: 0; border-radius: 0 0 10px 10px; background: var(--ground); }
  #body .more td { display: block; } .more dl { grid-template-columns: minmax(0, 1fr); } #body td.open::before, #body .more td::before { content: none; }
}
@media print {
  :root { --ground: #fff; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --rail: #e5e5e5; --accent: #2f66c4; --good: #14713a; --good-ground: #fff;
    --bad: #a3261f; --bad-ground: #fff; --wait: #775200; --wait-ground: #fff; --none-ground: #fff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10pt; } .tools, .actions, .skip, .pager button, td.open, .table th:last-child { display: none !important; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; } section { border: 0; padding: 0.4rem 0; }
    section, .tell article { break-inside: avoid; }
  .wide { break-inside: auto; } tr { break-inside: avoid; } thead { display: table-header-group; } .pill { padding: 0; } .scroll, .table { overflow: visible; }
}
@media (forced-colors: active) { .pill { border: 1px solid; } rect.accent, rect.good, rect.bad, rect.wait { fill: CanvasText; } .rail { fill: GrayText; } }
"""

SCRIPT = """
(() => {
"use strict";
const PAGE = 100, PRINTED = 1000, UNCONFIRMED = "UNCONFIRMED";
const it = (id) => document.getElementById(id);
const read = (id) => JSON.parse(it(id).textContent);
const rows = read("rows"), { columns, shared, labels, kinds, ladder } = read("texts");
it("rows").remove();
const place = Object.fromEntries(columns.map((name, number) => [name, number]));
const value = (row, name) => shared[name] ? shared[name][row[place[name]]] : row[place[name]];
const plain = (word) => { const text = word.replaceAll("_", " ").toLowerCase().replace("okta verify", "Okta Verify");
  return text.charAt(0).toUpperCase() + text.slice(1); };
const ringOf = (text) => text || "no ring";
const moment = (text) => text ? String(text).slice(0, 16).replace("T", " ") : "";
const height = (stage) => kinds[stage] === "none" ? ladder.length - 1.5 : ladder.indexOf(stage);
const state = { text: "", stage: "", ring: "", flag: "", column: "stage", up: true, page: 0, open: null };
let order = rows.map((row, number) => number), found = order, hay = null;

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, content] of Object.entries(attributes || {})) made.setAttribute(key, content);
  return made;
}

function haystack() {
  const searched = ["serial_number", "device_name", "person", "ring", "stage", "blueprint", "os_version", "model", "okta_status", "reason"];
  return rows.map((row) => [...searched.map((name) => value(row, name)), plain(value(row, "stage")), ...value(row, "flags"), ...value(row, "tags"),
    ...value(row, "users").map((one) => one[0])].join("\\n").toLowerCase());
}

function sort() {
  // Stages go by their height on the ladder, so that those who need something come first; nobody in no ring does.
  const key = (row) => state.column === "stage" ? String(height(value(row, "stage")) + 100) : String(value(row, state.column) ?? "").toLowerCase();
  const keys = rows.map(key), way = state.up ? 1 : -1;
  const empty = (text) => text === "" ? 1 : 0;  // what is not known comes last, whichever the direction
  order = rows.map((row, number) => number).sort((one, other) => empty(keys[one]) - empty(keys[other])
    || (keys[one] < keys[other] ? -way : keys[one] > keys[other] ? way : one - other));
  for (const head of document.querySelectorAll("th[data-column]")) {
    if (head.dataset.column === state.column) head.setAttribute("aria-sort", state.up ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
  it("sort").value = state.column;
  filter();
}

function filter() {
  const words = state.text.toLowerCase().split(/\\s+/).filter(Boolean);
  if (words.length && !hay) hay = haystack();
  const stage = shared.stage.indexOf(state.stage), ring = state.ring === "" ? -1 : shared.ring.indexOf(state.ring === "-" ? "" : state.ring.slice(1));
  found = order.filter((number) => {
    const row = rows[number];
    return (state.stage === "" || row[place.stage] === stage) && (state.ring === "" || row[place.ring] === ring)
      && (state.flag === "" || row[place.flags].includes(state.flag) || (state.flag === UNCONFIRMED && value(row, "doubt")))
      && words.every((word) => hay[number].includes(word));
  });
  state.page = 0;
  state.open = null;
  show();
}

const pills = new Map(shared.stage.map((stage) => [stage, element("span", plain(stage), { class: `pill ${kinds[stage]}` })]));

function line(number) {
  const row = rows[number], made = element("tr");
  const add = (name, text, kind) => made.append(element("td", text, { "data-label": labels[name], class: kind || "" }));
  add("serial_number", value(row, "serial_number"), "code short");
  add("device_name", value(row, "device_name"));
  add("person", "", "person");
  String(value(row, "person") || "").split(/(?<=@)/).forEach((part) => made.lastChild.append(part, element("wbr")));
  add("ring", value(row, "ring"));
  const stage = element("td", null, { "data-label": labels.stage });
  stage.append(pills.get(value(row, "stage")).cloneNode(true));
  made.append(stage);
  add("certificate_ends", String(value(row, "certificate_ends") || "").slice(0, 10), "short");
  add("last_check_in", moment(value(row, "last_check_in")).slice(0, 10), "short");
  const cell = element("td", null, { class: "open" }), opened = state.open === number;
  const button = element("button", "Details", { type: "button", "aria-expanded": String(opened), "aria-label": `Details of ${value(row, "serial_number")}` });
  button.addEventListener("click", () => { state.open = opened ? null : number; show(); it("body").querySelector(`[data-row="${number}"]`).focus(); });
  button.dataset.row = number;
  cell.append(button);
  made.append(cell);
  return opened ? [made, more(row)] : [made];
}

function more(row) {
  const list = element("dl");
  const add = (name, text) => {
    if (text === "" || text === null || text === undefined) return;
    const pair = element("div");
    pair.append(element("dt", labels[name]), element("dd", text));
    list.append(pair);
  };
  for (const name of ["reason", "next_step"]) add(name, value(row, name));
  add("flags", value(row, "flags").map(plain).join(", "));
  add("doubt", value(row, "doubt"));
  add("users", value(row, "users").map((one) => `${one[0]} (${plain(one[1]).toLowerCase()})`).join(", "));
  for (const name of ["blueprint", "os_version", "model"]) add(name, value(row, name));
  add("tags", value(row, "tags").join(", "));
  add("last_check_in", moment(value(row, "last_check_in")));
  add("okta_status", plain(value(row, "okta_status")));
  add("last_seen_by_okta", moment(value(row, "last_seen_by_okta")));
  add("certificates", value(row, "certificates") || "");
  add("certificate_first_seen", moment(value(row, "certificate_first_seen")));
  add("certificate_ends_from", value(row, "certificate_ends_from"));
  const cell = element("td", null, { colspan: "8" }), made = element("tr", null, { class: "more" });
  cell.append(list);
  made.append(cell);
  return made;
}

function show(size) {
  const many = size || PAGE, first = state.page * many, part = found.slice(first, first + many), count = (number) => number.toLocaleString("en");
  it("body").replaceChildren(...part.flatMap(line));
  it("none").hidden = found.length > 0;
  const of = found.length === rows.length ? `${count(rows.length)} Macs` : `${count(found.length)} of ${count(rows.length)} Macs`;
  it("count").textContent = part.length < found.length ? `${count(first + 1)} to ${count(first + part.length)} of ${of}` : of;
  it("before").disabled = state.page === 0;
  it("after").disabled = first + part.length >= found.length;
}

function offer(id, options) {
  for (const [key, text] of options) it(id).append(element("option", text, { value: key }));
}
const flags = [...new Set(rows.flatMap((row) => row[place.flags]))].sort();
if (shared.doubt.some(Boolean)) flags.push(UNCONFIRMED);
offer("stage", [...shared.stage].sort((one, other) => height(one) - height(other)).map((stage) => [stage, plain(stage)]));
offer("ring", [...shared.ring].sort().map((ring) => [ring ? `=${ring}` : "-", ringOf(ring)]));
offer("flag", flags.map((flag) => [flag, plain(flag)]));
offer("sort", [...document.querySelectorAll("th[data-column]")].map((head) => [head.dataset.column, head.textContent]));

let pending = 0;
it("search").addEventListener("input", () => {
  clearTimeout(pending);
  pending = setTimeout(() => { state.text = it("search").value; filter(); }, 120);
});
for (const id of ["stage", "ring", "flag"]) it(id).addEventListener("change", () => { state[id] = it(id).value; filter(); });
it("sort").addEventListener("change", () => { state.column = it("sort").value; state.up = true; sort(); });
for (const head of document.querySelectorAll("th[data-column]")) {
  head.querySelector("button").addEventListener("click", () => {
    state.up = head.dataset.column === state.column ? !state.up : true;
    state.column = head.dataset.column;
    sort();
  });
}
function clear() {
  clearTimeout(pending);
  for (const id of ["search", "stage", "ring", "flag"]) it(id).value = "";
  Object.assign(state, { text: "", stage: "", ring: "", flag: "" });
}
it("clear").addEventListener("click", () => { clear(); filter(); it("search").focus(); });
it("before").addEventListener("click", () => { state.page -= 1; state.open = null; show(); });
it("after").addEventListener("click", () => { state.page += 1; state.open = null; show(); });
for (const name of ["stage", "flag"]) {
  for (const button of document.querySelectorAll(`button[data-${name}]`)) {
    button.addEventListener("click", () => { clear(); state[name] = it(name).value = button.dataset[name]; filter(); it("macs").scrollIntoView();
      it("macs").focus(); });
  }
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = button.closest("article").querySelector("blockquote");
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy text"; }, 2000);
  });
}
let before = null;
addEventListener("beforeprint", () => { before = { page: state.page }; state.page = 0; show(PRINTED); });
addEventListener("afterprint", () => { Object.assign(state, before); show(); });
sort();
})();
"""
