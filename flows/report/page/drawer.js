// A row opened: what to do, its pictures, why, what the forecast is made of, the nights before, every number.

import { drawDemand, drawStock } from "./charts.js";
import { bar, button, chip, el, empty, said } from "./elements.js";
import { cover, day, exact, money, named, offsetOf, percent, shortDay, t, units } from "./language.js";
import { marketplacePart } from "./marketplace.js";
import { session } from "./session.js";
import { advice, reasonWords, story } from "./story.js";

const PARTS = ["level", "season", "price_promotion", "events", "drivers", "stockouts"];
const open = { row: null, from: null, charts: [] };

export function openRow(row, from) {
  const dialog = document.getElementById("drawer");
  open.from = from || open.from;
  const held = document.activeElement && document.activeElement.id;
  fill(dialog, row);
  if (!dialog.open) dialog.showModal();
  const again = held && dialog.querySelector(`#${held}:enabled`);
  (again || dialog.querySelector(".drawer-body")).focus();
  dialog.querySelector(".drawer-body").scrollTop = 0;
}

export function drawerDialog() {
  const dialog = el("dialog", { id: "drawer", "aria-labelledby": "drawer-title" });
  dialog.addEventListener("close", () => {
    forget();
    const last = open.from;
    open.row = open.from = null;
    history.replaceState(null, "", location.pathname + location.search);
    if (last && last.isConnected) last.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") flip(1);
    if (event.key === "ArrowLeft") flip(-1);
  });
  return dialog;
}

export function redrawDrawer() {
  const dialog = document.getElementById("drawer");
  if (dialog && dialog.open && open.row) fill(dialog, open.row);
}

function forget() {
  for (const chart of open.charts) chart.destroy();
  open.charts = [];
}

function flip(step) {
  const rows = session.visible();
  const at = rows.indexOf(open.row);
  const next = rows[at + step];
  if (next) openRow(next);
}

function fill(dialog, row) {
  forget();
  open.row = row;
  history.replaceState(null, "", `#row=${encodeURIComponent(row.fc)}/${encodeURIComponent(row.sku)}`);
  const rows = session.visible();
  const at = rows.indexOf(row);
  const demand = el("figure", { class: "picture" });
  const stock = el("figure", { class: "picture" });
  dialog.replaceChildren(
    el(
      "header",
      { class: "drawer-head" },
      el(
        "div",
        { class: "drawer-name" },
        el("h2", { id: "drawer-title" }, said(row.label)),
        el("p", { class: "note" }, [row.name ? row.sku : null, row.fc, row.region, row.supplier].filter(Boolean).map((part, place) => [place ? " · " : "", said(part)]).flat()),
      ),
      el("span", { class: "note nowrap" }, at < 0 ? "" : t("drawer.place", { at: at + 1, of: rows.length })),
      button("‹", () => flip(-1), { class: "quiet square", id: "drawer-previous", "aria-label": t("drawer.previous"), disabled: at <= 0 }),
      button("›", () => flip(1), { class: "quiet square", id: "drawer-next", "aria-label": t("drawer.next"), disabled: at < 0 || at + 1 >= rows.length }),
      button("✕", () => dialog.close(), { class: "quiet square", "aria-label": t("drawer.close") }),
    ),
    el(
      "div",
      { class: "drawer-body", tabindex: "0", role: "group", "aria-labelledby": "drawer-title" },
      el("p", { class: "verdict" }, chip("a", row.action, named("action", row.action)), el("strong", {}, advice(row)), row.order_units ? el("span", { class: "note" }, money(row.order_value, row.currency)) : ""),
      el("h3", {}, t("picture.demand")),
      demand,
      el("h3", {}, t("picture.stock")),
      stock,
      el("div", { class: "two" }, whyPart(row), el("div", {}, marketplacePart(row), partsPart(row), nightsPart(row))),
      el("h3", {}, t("drawer.numbers")),
      el("div", { class: "facts" }, facts(row)),
    ),
  );
  Promise.resolve(session.drawn).then((pictures) => {
    if (open.row !== row) return;
    open.charts = [drawDemand(demand, row, pictures), drawStock(stock, row, pictures)].filter(Boolean);
  });
}

function whyPart(row) {
  const flags = reasonWords(row.data_flags);
  return el(
    "div",
    {},
    el("h3", {}, t("drawer.why")),
    el("ol", { class: "story" }, story(row).map((sentence) => el("li", {}, sentence))),
    row.reasons.length ? el("ul", { class: "codes" }, reasonWords(row.reasons).map((words) => el("li", {}, words))) : "",
    flags.length ? el("div", { class: "flags" }, el("strong", {}, t("drawer.flags")), el("ul", {}, flags.map((words) => el("li", {}, words)))) : "",
  );
}

function partsPart(row) {
  if (row.mean === null || row.mean === undefined) return "";
  const most = Math.max(...PARTS.map((part) => Math.abs(row[part] || 0)), 1e-9);
  return el(
    "div",
    {},
    el("h3", {}, t("drawer.parts")),
    el("p", { class: "note" }, t(session.night.frequency === "week" ? "drawer.parts_note_week" : "drawer.parts_note_day")),
    el(
      "dl",
      { class: "parts" },
      PARTS.filter((part) => Math.abs(row[part] || 0) > 1e-9 || part === "level").map((part) =>
        el("div", {}, el("dt", {}, t(`part.${part}`)), el("dd", {}, bar(Math.abs(row[part]) / most, row[part] < 0 ? "less" : ""), el("span", { class: "n" }, signed(row[part])))),
      ),
      el("div", { class: "sum" }, el("dt", {}, t("part.mean")), el("dd", {}, el("span", { class: "n" }, exact(row.mean)))),
    ),
  );
}

function signed(value) {
  return (value > 0 ? "+" : "") + exact(value);
}

function nightsPart(row) {
  const { earlier } = session.night;
  if (!earlier.length) return el("div", {}, el("h3", {}, t("drawer.nights")), empty(t("drawer.no_nights")));
  const lines = [
    [t("drawer.tonight"), row.order_units, row.on_hand, true],
    ...earlier.map((night) => [shortDay(offsetOf(night.as_of)), night.order_units[row.id], night.on_hand[row.id], night.there[row.id]]),
  ];
  return el(
    "div",
    {},
    el("h3", {}, t("drawer.nights")),
    el(
      "table",
      { class: "small" },
      el("caption", { class: "hidden" }, t("drawer.nights")),
      el("thead", {}, el("tr", {}, ["as_of", "order_units", "on_hand"].map((name) => el("th", { scope: "col", class: name === "as_of" ? null : "n" }, named("col", name))))),
      el(
        "tbody",
        {},
        lines.map(([when, order, held, there]) =>
          el("tr", {}, el("th", { scope: "row" }, when), el("td", { class: "n" }, there ? units(order) : t("drawer.not_there")), el("td", { class: "n" }, units(held))),
        ),
      ),
    ),
  );
}

const FACTS = [
  ["stock", [["on_hand", units], ["inbound_units", units], ["inventory_position", units], ["days_of_cover", cover], ["days_of_cover_with_inbound", cover]]],
  ["level", [["demand_mean", units], ["protection_demand_p50", units], ["protection_demand_target", units], ["order_up_to", units], ["safety_stock", units], ["reorder_point", units], ["raw_units", units]]],
  ["risk", [["stockout_probability_before_arrival", percent], ["stockout_probability_without_order", percent], ["stockout_date_p10", day], ["stockout_date_p50", day], ["stockout_date_p90", day], ["order_by_date", day], ["next_order_date", day], ["expected_lost_units", units]]],
];

function facts(row) {
  const line = (field, value) => el("div", {}, el("dt", {}, named("col", field)), el("dd", {}, value));
  const groups = FACTS.map(([name, fields]) => el("dl", { "aria-label": t(`facts.${name}`) }, fields.map(([field, show]) => line(field, show(row[field])))));
  const about = el(
    "dl",
    { "aria-label": t("facts.about") },
    line("expected_lost_margin", money(row.expected_lost_margin, row.currency)),
    line("marginal_gain_last_case", money(row.marginal_gain_last_case, row.currency)),
    line("class", row.class || "–"),
    line("supplier", said(row.supplier || "–")),
    row.seller ? line("seller", said(row.seller)) : "",
    line("model", said(row.model || "–")),
    line("calibrated", t(row.calibrated ? "yes" : "no")),
  );
  return [...groups, about];
}
