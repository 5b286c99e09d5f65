// Copyright (c) 2026 devicetrust.okta_kandji contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";

// The page of the lab: asks the control surface for the state of everything, and shows it. Texts only ever become text, never markup.

const PAUSE = 2000; // milliseconds between two looks at what is new
const AT_ONCE = 200; // rows in the document; the others are pages away
const KEPT = 500; // requests and events that are remembered

// A column: its key, its heading, how its cells look.
const VIEWS = {
  macs: {
    title: "Macs",
    sort: "serial",
    columns: [
      ["serial", "Serial", "code"], ["name", "Name"], ["person", "Person"], ["blueprint", "Blueprint"], ["profile", "SCEP profile"],
      ["certificate", "Certificate", "pill"], ["okta_verify", "Okta Verify", "mark"], ["registered", "Registered", "mark"],
      ["managed", "Managed", "mark"], ["why", "Why not"],
    ],
  },
  certificates: {
    title: "Certificates",
    sort: "issued",
    descending: true,
    columns: [
      ["common_name", "Common name", "code"], ["status", "Status", "pill"], ["issued", "Issued", "when"], ["not_after", "Not after", "until"],
      ["last_used", "Last used", "when"], ["bound_to", "Bound to"],
    ],
  },
  records: {
    title: "Device records",
    sort: "created",
    descending: true,
    columns: [
      ["id", "Id", "code"], ["serial", "Serial", "code"], ["name", "Name"], ["platform", "Platform"], ["status", "Status", "pill"],
      ["managed", "Managed", "mark"], ["users", "Users"], ["created", "Created", "when"],
    ],
  },
  people: {
    title: "People",
    sort: "name",
    columns: [["name", "Name"], ["login", "Login"], ["serial", "Mac", "code"], ["habit", "Habit"], ["outcome", "What they did last"]],
  },
  requests: {
    title: "Requests",
    sort: "number",
    descending: true,
    columns: [
      ["number", "No.", "number"], ["at", "Time", "when"], ["vendor", "Vendor"], ["verb", "Verb", "code"], ["operation", "Operation"],
      ["status", "Status", "code"], ["writes", "Writes", "note"], ["path", "Path", "code"],
    ],
  },
  events: {
    title: "System Log",
    sort: "at",
    descending: true,
    columns: [["at", "Time", "when"], ["type", "Event", "code"], ["message", "Message"], ["actor", "Actor"], ["target", "Targets"]],
  },
};

// What the tiles count, and keep when they are pressed.
const TILES = [
  ["Macs", () => true],
  ["with certificate", (mac) => mac.certificate === "ACTIVE"],
  ["with Okta Verify", (mac) => mac.okta_verify],
  ["registered", (mac) => mac.registered],
  ["managed", (mac) => mac.managed],
  ["not managed", (mac) => !mac.managed],
];
const TONES = { ACTIVE: "good", REVOKED: "bad", SUSPENDED: "bad", EXPIRED: "bad", DEACTIVATED: "bad" };

const $ = (id) => document.getElementById(id);
const collator = new Intl.Collator("en", { sensitivity: "base" });
const state = {
  token: "",
  rows: { macs: [], certificates: [], records: [], people: [], requests: [], events: [] },
  fingerprint: "",
  known: { requests: 0, events: 0 },
  clock: "",
  view: "macs",
  tile: 0,
  filter: "",
  sort: {},
  first: 0,
  paused: false,
};

// Asking the control surface

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname); // out of the address, so that it is not copied or photographed with it
  }
  state.token = given || sessionStorage.getItem("token") || "";
}

async function ask(verb, path, body) {
  const options = { method: verb, headers: { Authorization: `Bearer ${state.token}` } };
  if (body) options.body = JSON.stringify(body);
  const reply = await fetch(path, options);
  const answer = await reply.json();
  if (reply.ok) return answer;
  throw new Error(reply.status === 401 ? "This page was opened without its token. Open the page_url that the lab has announced." : answer.error);
}

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

async function refresh() {
  const news = await ask("GET", `/news?requests=${state.known.requests}&events=${state.known.events}`);
  state.clock = news.clock;
  $("clock").textContent = when(news.clock, true);
  $("clock").dateTime = news.clock;
  let changed = false;
  for (const kind of ["requests", "events"]) {
    const count = news[`${kind}_known`];
    if (count < state.known[kind]) state.rows[kind] = []; // they were forgotten, and numbers begin again
    if (count !== state.known[kind]) {
      state.rows[kind] = [...news[kind], ...state.rows[kind]].slice(0, KEPT);
      state.known[kind] = count;
      changed = true;
    }
  }
  if (news.fingerprint !== state.fingerprint) {
    const fleet = await ask("GET", "/fleet");
    for (const kind of ["macs", "certificates", "records", "people"]) state.rows[kind] = fleet[kind];
    state.fingerprint = fleet.fingerprint;
    changed = true;
  }
  if (changed) show();
}

let underway = Promise.resolve();

// One look after the other: two at once would both add what is new.
function look() {
  underway = underway.then(refresh).then(
    () => {
      if ($("status").classList.contains("wrong")) say("");
    },
    (problem) => say(problem instanceof TypeError ? "The lab does not answer. Is it still running?" : problem.message, true),
  );
  return underway;
}

async function watch() {
  const start = performance.now();
  if (!state.paused && !document.hidden) await look();
  setTimeout(watch, Math.max(PAUSE, 4 * (performance.now() - start))); // a large fleet that is busy is asked less often
}

async function act(button, path, body, doing, done) {
  button.disabled = true;
  say(doing);
  try {
    const answer = await ask("POST", path, body);
    await look();
    say(done(answer));
  } catch (problem) {
    say(problem.message, true);
  } finally {
    button.disabled = false;
    button.focus();
  }
}

// Choosing rows

const texts = new WeakMap(); // a row's text, in which the filter looks

function textOf(row) {
  if (!texts.has(row)) texts.set(row, Object.values(row).map((value) => (value === true ? "yes" : value === false ? "no" : value)).join(" ").toLowerCase());
  return texts.get(row);
}

function chosen() {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const keeps = state.view === "macs" ? TILES[state.tile][1] : () => true;
  const rows = state.rows[state.view].filter((row) => keeps(row) && words.every((word) => textOf(row).includes(word)));
  const { key, descending } = sorting();
  // Of equal rows the order stays as it came, whichever way round.
  return rows.sort((one, other) => (descending ? -1 : 1) * compare(one[key], other[key]));
}

function compare(one, other) {
  if (typeof one === "string") return collator.compare(one, other);
  return Number(one) - Number(other);
}

function sorting() {
  const view = VIEWS[state.view];
  return state.sort[state.view] || { key: view.sort, descending: Boolean(view.descending) };
}

function sortBy(key) {
  const { key: before, descending } = sorting();
  state.sort[state.view] = { key, descending: before === key ? !descending : false };
  state.first = 0;
  show();
}

// Showing them

function make(tag, text, properties = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  return Object.assign(element, properties);
}

function when(timestamp, seconds = false) {
  return timestamp ? timestamp.slice(0, seconds ? 19 : 16).replace("T", " ") + (seconds ? " UTC" : "") : "";
}

function until(timestamp) {
  const days = Math.floor((Date.parse(timestamp) - Date.parse(state.clock)) / 86400000);
  return `${when(timestamp)} (${days < 0 ? "over" : `${days} days`})`;
}

function cell(row, [key, label, kind]) {
  const value = row[key];
  const element = make("td", "");
  element.dataset.label = label;
  if (kind === "mark") element.append(make("span", value ? "yes" : "no", { className: value ? "pill good" : "pill none" }));
  else if (kind === "note") element.append(make("span", value ? "yes" : "no", { className: value ? "pill" : "pill none" }));
  else if (kind === "pill" && value) element.append(make("span", value, { className: `pill ${TONES[value] || ""}` }));
  else if (kind === "when") element.textContent = when(value, state.view === "requests" || state.view === "events").replace(" UTC", "");
  else if (kind === "until") element.textContent = until(value);
  else if (kind === "code") element.append(make("span", value, { className: key === "status" && value >= 400 ? "pill bad" : "" }));
  else element.append(make("span", value));
  element.classList.toggle("code", kind === "code");
  element.classList.toggle("short", ["when", "until", "mark", "number"].includes(kind) || (kind === "code" && ["serial", "verb", "type"].includes(key)));
  element.classList.toggle("empty", value === "");
  return element;
}

function show() {
  const rows = chosen();
  const total = state.rows[state.view].length;
  state.first = Math.max(0, Math.min(state.first, Math.floor((rows.length - 1) / AT_ONCE) * AT_ONCE));
  const last = Math.min(state.first + AT_ONCE, rows.length);
  const columns = VIEWS[state.view].columns;
  const drawn = rows.slice(state.first, last).map((row) => {
    const line = document.createElement("tr");
    line.append(...columns.map((column) => cell(row, column)));
    return line;
  });
  $("rows").replaceChildren(...drawn);
  const number = (count) => count.toLocaleString("en");
  $("count").textContent = rows.length
    ? `${number(state.first + 1)}\u2013${number(last)} of ${number(rows.length)}${rows.length < total ? ` (of ${number(total)} in all)` : ""}`
    : `none of ${number(total)}`;
  $("before").disabled = state.first === 0;
  $("after").disabled = last >= rows.length;
  $("empty").hidden = rows.length > 0;
  $("empty").textContent = total ? "No row holds these words." : "There is nothing here yet.";
  showHead();
  showCounts();
}

function showHead() {
  const { key, descending } = sorting();
  for (const heading of $("head").children) {
    if (heading.dataset.key === key) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  }
  $("sort").value = key;
}

function showCounts() {
  TILES.forEach(([, keeps], index) => {
    const tile = $("tiles").children[index];
    tile.firstChild.textContent = state.rows.macs.filter(keeps).length.toLocaleString("en");
    tile.setAttribute("aria-pressed", String(state.view === "macs" && state.tile === index));
  });
  for (const button of $("views").children) {
    button.lastChild.textContent = state.rows[button.dataset.view].length.toLocaleString("en");
    if (button.dataset.view === state.view) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}

function choose(view, tile = 0) {
  state.view = view;
  state.tile = tile;
  state.first = 0;
  const columns = VIEWS[view].columns;
  $("head").replaceChildren(...columns.map(([key, label]) => {
    const heading = make("th", "", { scope: "col" });
    heading.dataset.key = key;
    const button = make("button", label, { type: "button" });
    button.addEventListener("click", () => sortBy(key));
    heading.append(button);
    return heading;
  }));
  $("sort").replaceChildren(...columns.map(([key, label]) => make("option", label, { value: key })));
  show();
}

// What can be pressed

function prepare() {
  TILES.forEach(([label], index) => {
    const tile = make("button", "", { type: "button" });
    tile.append(make("b", "0"), make("span", label));
    tile.addEventListener("click", () => choose("macs", index));
    $("tiles").append(tile);
  });
  for (const [view, { title }] of Object.entries(VIEWS)) {
    const button = make("button", `${title} `, { type: "button" });
    button.dataset.view = view;
    button.append(make("small", "0"));
    button.addEventListener("click", () => choose(view));
    $("views").append(button);
  }
  for (const button of document.querySelectorAll("[data-advance]")) {
    const amount = JSON.parse(button.dataset.advance);
    button.addEventListener("click", () => act(button, "/clock/advance", amount, "Moving the clock ...", (answer) => `It is ${when(answer.now, true)} now.`));
  }
  for (const button of document.querySelectorAll("[data-act]")) {
    const who = button.dataset.act === "macs" ? ["Macs are checking in ...", "Macs have checked in."] : ["People are acting ...", "people have acted."];
    button.addEventListener("click", () => act(button, `/act/${button.dataset.act}`, null, who[0], (answer) => `${answer.done.length.toLocaleString("en")} ${who[1]}`));
  }
  $("filter").addEventListener("input", () => {
    state.filter = $("filter").value;
    state.first = 0;
    show();
  });
  $("sort").addEventListener("change", () => sortBy($("sort").value));
  $("direction").addEventListener("click", () => sortBy(sorting().key));
  for (const [id, step] of [["before", -AT_ONCE], ["after", AT_ONCE]]) {
    $(id).addEventListener("click", () => {
      state.first += step;
      show();
    });
  }
  $("pause").addEventListener("click", () => {
    state.paused = !state.paused;
    $("pause").setAttribute("aria-pressed", String(state.paused));
    $("pause").textContent = state.paused ? "Go on" : "Pause";
    say(state.paused ? "This page stands still. The lab does not." : "");
  });
}

takeToken();
prepare();
choose("macs");
watch();
