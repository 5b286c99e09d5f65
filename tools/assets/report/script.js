(() => {
"use strict";
const PAGE = 100, PRINTED = 1000, UNCONFIRMED = "UNCONFIRMED";
const it = (id) => document.getElementById(id);
const read = (id) => JSON.parse(it(id).textContent);
const rows = read("rows"), { columns, shared, kinds, stages } = read("texts");
it("rows").remove();
const tableColumns = columns.filter((column) => column.table);
const place = Object.fromEntries(columns.map((column, number) => [column.name, number]));
const value = (row, name) => shared[name] ? shared[name][row[place[name]]] : row[place[name]];
const plain = (word) => { const text = word.replaceAll("_", " ").toLowerCase().replace("okta verify", "Okta Verify");
  return text.charAt(0).toUpperCase() + text.slice(1); };
const ringOf = (text) => text || "no ring";
const timestamp = (text) => text ? String(text).slice(0, 16).replace("T", " ") : "";
const height = (stage) => kinds[stage] === "none" ? stages.length - 1.5 : stages.indexOf(stage);
const state = { text: "", stage: "", ring: "", flag: "", column: "stage", up: true, page: 0, open: null };
let order = rows.map((row, number) => number), found = order, hay = null;

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [key, content] of Object.entries(attributes || {})) made.setAttribute(key, content);
  return made;
}

function haystack() {
  const words = { stage: (text) => [text, plain(text)], users: (list) => list.map((one) => one[0]) };
  const searched = columns.filter((column) => column.searched);
  return rows.map((row) => searched.flatMap(({ name, format }) => words[format] ? words[format](value(row, name)) : value(row, name)).join("\n").toLowerCase());
}

function sort() {
  // Sort stages by their order: Macs that need something come first; a stage of kind none ranks just before the last.
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
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length && !hay) hay = haystack();
  const stage = shared.stage.indexOf(state.stage), ring = state.ring === "" ? -1 : shared.ring.indexOf(state.ring === "-" ? "" : state.ring.slice(1));
  found = order.filter((number) => {
    const row = rows[number];
    return (state.stage === "" || row[place.stage] === stage) && (state.ring === "" || row[place.ring] === ring)
      && (state.flag === "" || row[place.flags].includes(state.flag) || (state.flag === UNCONFIRMED && value(row, "unconfirmed_reason")))
      && words.every((word) => hay[number].includes(word));
  });
  state.page = 0;
  state.open = null;
  show();
}

const pills = new Map(shared.stage.map((stage) => [stage, element("span", plain(stage), { class: `pill ${kinds[stage]}` })]));

// What the page writes for a value, by the format of its column.
const written = {
  name: plain,
  names: (list) => list.map(plain).join(", "),
  number: (number) => number || "",
  texts: (list) => list.join(", "),
  time: timestamp,
  users: (list) => list.map((one) => `${one[0]} (${plain(one[1]).toLowerCase()})`).join(", "),
};
const textOf = (row, { name, format }) => written[format] ? written[format](value(row, name)) : value(row, name);
const classes = { address: "person", code: "code short", time: "short" };

function tableCell(row, column) {
  const made = element("td", null, { "data-label": column.label, class: classes[column.format] || "" }), content = textOf(row, column);
  if (column.format === "stage") made.append(pills.get(content).cloneNode(true));
  else if (column.format === "address") String(content || "").split(/(?<=@)/).forEach((part) => made.append(part, element("wbr")));
  else made.textContent = column.format === "time" ? content.slice(0, 10) : content;
  return made;
}

function line(number) {
  const row = rows[number], made = element("tr");
  made.append(...tableColumns.map((column) => tableCell(row, column)));
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
  for (const column of columns.filter(({ details }) => details)) {
    const content = textOf(row, column);
    if (content === "" || content === null || content === undefined) continue;
    const pair = element("div");
    pair.append(element("dt", column.label), element("dd", content));
    list.append(pair);
  }
  const cell = element("td", null, { colspan: String(tableColumns.length + 1) }), made = element("tr", null, { class: "more" });
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
if (shared.unconfirmed_reason.some(Boolean)) flags.push(UNCONFIRMED);
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
