// What a row must be to be shown.

import { button, el } from "./elements.js";
import { named, t } from "./language.js";
import { anyRecommended, differs } from "./marketplace.js";
import { NO_SELLER } from "./sellers.js";
import { session } from "./session.js";

export const EVERYTHING = { search: "", region: "", fc: "", supplier: "", seller: "", action: "", class: "", ordering: false, changed: false, differs: false };

const ACTIONS = ["order", "expedite", "transfer", "mark_down", "wait", "none"];
const TYPING_MS = 120;

export function passes(row, filter) {
  return (
    (!filter.region || row.region === filter.region) &&
    (!filter.fc || row.fc === filter.fc) &&
    (!filter.supplier || (row.supplier || "\u0000") === filter.supplier) &&
    (!filter.seller || (row.seller || NO_SELLER) === filter.seller) &&
    (!filter.action || row.action === filter.action) &&
    (!filter.class || row.class.includes(filter.class)) &&
    (!filter.ordering || row.order_units > 0) &&
    (!filter.changed || (row.previous_order_units !== null && row.order_units !== null && row.previous_order_units !== row.order_units)) &&
    (!filter.differs || differs(row)) &&
    (!filter.search || found(row, filter.search))
  );
}

// Every word must be somewhere in the row.
function found(row, search) {
  row.haystack = row.haystack || [row.sku, row.name, row.fc, row.region, row.supplier, row.seller].join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => row.haystack.includes(word));
}

export function filterControls(filter, changed, reset) {
  const now = { ...filter };
  const set = (name, value) => {
    now[name] = value;
    changed({ ...now });
  };
  const values = (field) => [...new Set(session.rows.map((row) => row[field]).filter((value) => value !== null))].sort((a, b) => a.localeCompare(b));
  const search = el("input", { type: "search", id: "search", placeholder: t("filter.search_hint"), "aria-label": t("filter.search"), value: filter.search });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => set("search", search.value.trim()), TYPING_MS);
  });
  const suppliers = values("supplier").map((value) => [value, value]);
  if (session.rows.some((row) => row.supplier === null)) suppliers.push(["\u0000", t("orders.no_supplier")]);
  const sellers = values("seller").map((value) => [value, value]);
  if (session.rows.some((row) => row.seller === null)) sellers.push([NO_SELLER, t("sellers.none")]);
  return [
    el("label", { class: "pick search" }, el("span", {}, t("filter.search")), search),
    pick("region", values("region").map((value) => [value, value]), now, set),
    pick("fc", values("fc").map((value) => [value, value]), now, set),
    pick("supplier", suppliers, now, set),
    pick("seller", sellers, now, set),
    pick("action", ACTIONS.filter((action) => session.rows.some((row) => row.action === action)).map((action) => [action, named("action", action)]), now, set),
    pick("class", classes(), now, set),
    tick("ordering", now, set),
    session.night.previous === null ? "" : tick("changed", now, set),
    anyRecommended() ? tick("differs", now, set) : "",
    button(t("filter.reset"), reset, { class: "quiet" }),
  ];
}

function classes() {
  const present = new Set(session.rows.map((row) => row.class).filter(Boolean));
  const single = [..."ABCXYZ"].filter((letter) => [...present].some((one) => one.includes(letter)));
  return [...single, ...[...present].filter((one) => one.length === 2).sort()].map((one) => [one, one]);
}

function pick(name, options, now, set) {
  if (options.length < 2 && !now[name]) return "";
  const select = el(
    "select",
    { id: `filter-${name}`, on: { change: (event) => set(name, event.target.value) } },
    el("option", { value: "" }, t("filter.all")),
    options.map(([value, label]) => el("option", { value, selected: value === now[name] }, label)),
  );
  return el("label", { class: "pick" }, el("span", {}, t(`filter.${name}`)), select);
}

function tick(name, now, set) {
  return el(
    "label",
    { class: "tick" },
    el("input", { type: "checkbox", id: `filter-${name}`, checked: now[name], on: { change: (event) => set(name, event.target.checked) } }),
    t(`filter.${name}`),
  );
}
