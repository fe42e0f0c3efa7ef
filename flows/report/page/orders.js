// The reorder table: toolbar, table, totals that follow the filter.

import { BY_FIELD, COLUMNS } from "./columns.js";
import { openRow } from "./drawer.js";
import { button, el, empty, said } from "./elements.js";
import { announced, asCsv, asTabs, copy, download } from "./export.js";
import { EVERYTHING, filterControls, passes } from "./filters.js";
import { keep, recall } from "./kept.js";
import { arrowKeys, reachable } from "./keyboard.js";
import { counted, isoDay, money, named, t, units } from "./language.js";
import { preparePrint } from "./printing.js";
import { byCurrency, session } from "./session.js";

const ROW_HEIGHT = 46;
const NARROW = 700;
const GROWS = { label: 2, reasons: 3 };

// Outlives a change of language: what is filtered, grouped, shown.
const orders = { table: null, filter: { ...EVERYTHING }, grouped: false, sort: [], shown: null, totals: null, status: null, filters: null };

export function ordersSection() {
  const section = el("section", { class: "orders", "aria-labelledby": "orders" });
  section.append(el("div", { class: "head" }, el("h2", { id: "orders", tabindex: "-1" }, t("orders.title")), el("p", { class: "note" }, t("orders.note"))));
  if (session.night.nothing) section.append(recommendsNothing());
  if (!session.rows.length) {
    section.append(empty(t("orders.no_rows")));
    return section;
  }
  orders.shown = orders.shown || recall("columns", null) || fitting();
  orders.totals = el("p", { class: "totals", role: "status", "aria-live": "polite" });
  orders.status = el("p", { class: "hidden", role: "status", "aria-live": "polite" });
  orders.filters = el("div", { class: "filters" });
  const holder = el("div", { id: "reorder-table", class: "reorder" });
  section.append(orders.filters, el("div", { class: "strip" }, orders.totals, tools()), orders.status, holder, beside());
  drawFilters();
  requestAnimationFrame(() => build(holder));
  return section;
}

export function showRows(filter) {
  orders.filter = { ...EVERYTHING, ...filter };
  drawFilters();
  refilter();
  document.getElementById("orders").scrollIntoView({ block: "start" });
}

export function shownRows() {
  return orders.table ? orders.table.getRows("active").map((row) => row.getData()) : session.rows;
}

export function shownColumns() {
  return COLUMNS.filter((column) => orders.shown.includes(column.field));
}

function recommendsNothing() {
  const { why, fix } = session.night.nothing;
  return el(
    "div",
    { class: "banner" },
    el("p", {}, t("nothing.because"), " ", said(why)),
    fix ? el("p", {}, el("strong", {}, t("messages.fix")), " ", said(fix)) : "",
  );
}

// Where the other rows of a larger run are.
function beside() {
  const { place, all_rows: all } = session.night;
  if (place.main) return el("p", { class: "note" }, t("beside.part", { region: place.region }), " ", el("a", { href: place.main }, t("beside.main")));
  if (!place.beside.length) return "";
  const links = place.beside.map((page) =>
    el("li", {}, el("a", { href: page.file }, said(page.region), page.part > 1 ? ` ${page.part}` : ""), ` (${t("rows", { n: page.rows, shown: units(page.rows) })})`),
  );
  return el("div", { class: "beside" }, el("p", {}, t("beside.rest", { n: all - session.rows.length, shown: units(session.rows.length) })), el("ul", {}, links));
}

function fitting() {
  const narrow = window.innerWidth < NARROW;
  return COLUMNS.filter((column) => (narrow ? column.narrow : column.wide)).map((column) => column.field);
}

function build(holder) {
  if (orders.table) orders.sort = orders.table.getSorters().map((sorter) => ({ column: sorter.field, dir: sorter.dir }));
  orders.table = new Tabulator(holder, {
    data: session.rows,
    index: "id",
    layout: "fitColumns",
    // It would draw every row anew when it first scrolls into view, and take the focus with it.
    autoResize: false,
    height: "min(78vh, 60rem)",
    rowHeight: ROW_HEIGHT,
    columns: COLUMNS.map(definition),
    initialSort: orders.sort,
    initialFilter: [{ field: passesFilter, type: "function" }],
    groupBy: orders.grouped ? supplierOf : false,
    groupStartOpen: true,
    groupHeader,
    placeholder: el("div", { class: "empty" }, t("orders.none_pass")),
    headerSortClickElement: "header",
    columnDefaults: { headerHozAlign: "left", vertAlign: "middle", resizable: "header" },
  });
  orders.table.on("tableBuilt", () => {
    reachable(holder, orders.table);
    retotal();
    requestAnimationFrame(() => (document.documentElement.dataset.ready = "true"));
  });
  orders.table.on("dataFiltered", () => requestAnimationFrame(retotal));
  orders.table.on("rowClick", (event, row) => {
    if (!String(getSelection())) openRow(row.getData(), row.getElement().querySelector(".opener"));
  });
  arrowKeys(holder, () => orders.table, openRow);
}

function definition(column) {
  const grows = GROWS[column.field];
  return {
    field: column.field,
    title: named("col", column.field),
    visible: orders.shown.includes(column.field),
    ...(grows ? { minWidth: column.width, widthGrow: grows } : { width: column.width }),
    hozAlign: column.number ? "right" : "left",
    headerHozAlign: column.number ? "right" : "left",
    headerSortStartingDir: column.number ? "desc" : "asc",
    sorter: column.number || column.date ? "number" : (a, b) => words(a).localeCompare(words(b)),
    sorterParams: { alignEmptyValues: "bottom" },
    formatter: (cell) => {
      const shown = column.show(cell.getData(), column.field);
      return shown instanceof Node ? shown : document.createTextNode(String(shown));
    },
    cssClass: `c-${column.field}`,
  };
}

function words(value) {
  return Array.isArray(value) ? value.join() : String(value ?? "\uffff");
}

function passesFilter(row) {
  return passes(row, orders.filter);
}

function supplierOf(row) {
  return row.supplier || "";
}

function groupHeader(supplier, count, rows) {
  const own = rows.filter((row) => row.order_units > 0);
  return el(
    "span",
    { class: "group" },
    el("strong", {}, supplier ? said(supplier) : t("orders.no_supplier")),
    el("span", { class: "note" }, t("lines", { n: own.length, shown: units(own.length) })),
    el("span", { class: "note" }, counted(sum(own, "order_units"))),
    el("span", { class: "note" }, amounts(own, "order_value")),
  );
}

function sum(rows, field) {
  return rows.reduce((total, row) => total + (row[field] || 0), 0);
}

function amounts(rows, field) {
  const sums = [...byCurrency(rows, (row) => row[field])];
  return sums.length ? sums.map(([code, value]) => money(value, code)).join(" · ") : "–";
}

function retotal() {
  const rows = shownRows();
  const own = rows.filter((row) => row.order_units > 0);
  const part = (label, value, id) => el("span", { id }, `${label} `, el("strong", {}, value));
  const of = rows.length === session.rows.length ? "" : ` / ${units(session.rows.length)}`;
  orders.totals.replaceChildren(
    part(t("total.rows"), units(rows.length) + of, "total-rows"),
    part(t("total.lines"), units(own.length), "total-lines"),
    part(t("total.units"), units(sum(own, "order_units")), "total-units"),
    part(t("total.value"), amounts(own, "order_value"), "total-value"),
    part(t("total.at_risk"), amounts(rows, "expected_lost_margin"), "total-at-risk"),
  );
}

function refilter() {
  if (orders.table) orders.table.setFilter(passesFilter);
}

function drawFilters() {
  orders.filters.replaceChildren(
    ...filterControls(orders.filter, (changed) => {
      orders.filter = changed;
      refilter();
    }, () => showAll()),
  );
}

function showAll() {
  orders.filter = { ...EVERYTHING };
  drawFilters();
  refilter();
}

function tools() {
  const grouping = button(t("orders.group"), () => group(grouping), { class: "quiet", "aria-pressed": String(orders.grouped) });
  return el(
    "div",
    { class: "tools", role: "toolbar", "aria-label": t("orders.tools") },
    grouping,
    chooser(),
    button(t("orders.copy"), copyRows, { class: "quiet", id: "copy-rows" }),
    button(t("orders.csv"), saveRows, { class: "quiet", id: "save-rows" }),
    button(t("orders.print"), () => window.print(), { class: "quiet" }),
  );
}

// Purchase orders: by supplier, and only rows that order something.
function group(pressed) {
  orders.grouped = !orders.grouped;
  pressed.setAttribute("aria-pressed", String(orders.grouped));
  orders.filter = { ...orders.filter, ordering: orders.grouped };
  drawFilters();
  refilter();
  orders.table.setGroupBy(orders.grouped ? supplierOf : false);
}

function chooser() {
  const boxes = COLUMNS.slice(1).map((column) =>
    el(
      "label",
      {},
      el("input", {
        type: "checkbox",
        checked: orders.shown.includes(column.field),
        on: { change: (event) => choose(column.field, event.target.checked) },
      }),
      named("col", column.field),
    ),
  );
  const again = button(t("orders.columns_reset"), () => {
    keep("columns", null);
    orders.shown = fitting();
    for (const [place, box] of boxes.entries()) box.querySelector("input").checked = orders.shown.includes(COLUMNS[place + 1].field);
    for (const column of COLUMNS) orders.table[orders.shown.includes(column.field) ? "showColumn" : "hideColumn"](column.field);
    orders.table.redraw(true);
  }, { class: "quiet" });
  const details = el("details", { class: "chooser" }, el("summary", { class: "quiet" }, t("orders.columns")), el("div", { class: "choices" }, boxes, again));
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  return details;
}

function choose(field, wanted) {
  orders.shown = wanted ? [...orders.shown, field] : orders.shown.filter((one) => one !== field);
  keep("columns", orders.shown);
  orders.table[wanted ? "showColumn" : "hideColumn"](field);
  orders.table.redraw(true);
}

async function copyRows() {
  const rows = shownRows();
  orders.status.textContent = announced(await copy(asTabs(shownColumns(), BY_FIELD, rows)), rows.length);
  orders.status.classList.remove("hidden");
  setTimeout(() => orders.status.classList.add("hidden"), 4_000);
}

function saveRows() {
  download(`orders-${isoDay(0)}.csv`, asCsv(shownColumns(), BY_FIELD, shownRows()));
}

let resizing = 0;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => orders.table && document.getElementById("reorder-table") && orders.table.redraw(), 150);
});

window.addEventListener("beforeprint", () => {
  if (session.night) preparePrint(shownColumns(), shownRows(), orders.grouped ? supplierOf : null);
});
