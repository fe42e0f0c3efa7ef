// The columns of the reorder table: how each is told, sorted, copied.

import { openRow } from "./drawer.js";
import { bar, button, chip, el, said } from "./elements.js";
import { cover, isoDay, money, named, percent, shortDay, t, units } from "./language.js";
import { changeWords, reasonWords, shortWords, whyWords } from "./story.js";

const TEXT = { show: (row, field) => said(row[field] ?? "–"), plain: (row, field) => row[field] ?? "" };
const UNITS = { number: true, show: (row, field) => units(row[field]), plain: (row, field) => row[field] ?? "" };
const MONEY = { number: true, show: (row, field) => money(row[field], row.currency), plain: (row, field) => row[field] ?? "" };
const SHARE = { number: true, show: (row, field) => percent(row[field]), plain: (row, field) => row[field] ?? "" };
const COVER = { number: true, show: (row, field) => cover(row[field]), plain: (row, field) => row[field] ?? "" };
const DATE = { date: true, show: (row, field) => shortDay(row[field]), plain: (row, field) => isoDay(row[field]) };
const CODES = { show: (row, field) => reasonWords(row[field]).join("; ") || "–", plain: (row, field) => reasonWords(row[field]).join("; ") };

const RISK = {
  number: true,
  show: (row, field) =>
    el("span", {}, percent(row[field]), row[field] === null ? "" : bar(row[field], row[field] > 0.5 ? "bad" : row[field] > 0.2 ? "warn" : "")),
  plain: (row, field) => row[field] ?? "",
};

const ITEM = {
  show: (row) =>
    el(
      "span",
      { class: "cell-item" },
      button(said(row.label), (event) => {
        // The click on its row, which opens it too, must not follow.
        event.stopPropagation();
        openRow(row, event.currentTarget);
      }, { class: "opener", "aria-haspopup": "dialog" }),
      el("span", { class: "sub" }, row.name ? [said(row.sku), " · "] : "", said(row.fc)),
    ),
  plain: (row) => row.label,
};

const ACTION = {
  show: (row) => chip("a", row.action, named("action", row.action)),
  plain: (row) => named("action", row.action),
};

const ORDER = {
  number: true,
  show: (row) =>
    el("span", {}, el("strong", {}, units(row.order_units)), changed(row) ? el("span", { class: "sub" }, t("orders.was", { units: row.previous_order_units })) : ""),
  plain: (row) => row.order_units ?? "",
};

const ARRIVES = { date: true, show: (row) => (row.order_units ? shortDay(row.arrival_date) : "–"), plain: (row) => isoDay(row.arrival_date) };
const WHY = { show: (row) => el("span", { class: "why" }, shortWords(row)), plain: (row) => whyWords(row) };
const CHANGE = { show: (row) => (row.change_reason ? changeWords(row.change_reason) : "–"), plain: (row) => row.change_reason ?? "" };
const YES = { show: (row, field) => t(row[field] ? "yes" : "no"), plain: (row, field) => t(row[field] ? "yes" : "no") };

// field, how it is told, width in pixels, screens on which it is shown at first: n for narrow ones too.
export const COLUMNS = [
  ["label", ITEM, 180, "wn"],
  ["action", ACTION, 104, "wn"],
  ["order_units", ORDER, 76, "wn"],
  ["order_value", MONEY, 94, "w"],
  ["arrival_date", ARRIVES, 80, "w"],
  ["on_hand", UNITS, 72, "w"],
  ["inbound_units", UNITS, 82, "w"],
  ["days_of_cover", COVER, 78, "w"],
  ["stockout_probability_without_order", RISK, 86, "w"],
  ["expected_lost_margin", MONEY, 98, "w"],
  ["class", TEXT, 68, "w"],
  ["reasons", WHY, 180, "w"],
  ["sku", TEXT, 110, ""],
  ["fc", TEXT, 100, ""],
  ["region", TEXT, 100, ""],
  ["supplier", TEXT, 140, ""],
  ["seller", TEXT, 120, ""],
  ["inventory_position", UNITS, 92, ""],
  ["demand_mean", UNITS, 92, ""],
  ["protection_demand_p50", UNITS, 92, ""],
  ["protection_demand_target", UNITS, 100, ""],
  ["days_of_cover_with_inbound", COVER, 100, ""],
  ["stockout_probability_before_arrival", SHARE, 100, ""],
  ["stockout_date_p10", DATE, 92, ""],
  ["stockout_date_p50", DATE, 92, ""],
  ["stockout_date_p90", DATE, 92, ""],
  ["expected_lost_units", UNITS, 92, ""],
  ["order_up_to", UNITS, 92, ""],
  ["safety_stock", UNITS, 92, ""],
  ["reorder_point", UNITS, 92, ""],
  ["raw_units", UNITS, 92, ""],
  ["next_order_date", DATE, 92, ""],
  ["order_by_date", DATE, 92, ""],
  ["marginal_gain_last_case", MONEY, 100, ""],
  ["previous_order_units", UNITS, 92, ""],
  ["change_reason", CHANGE, 200, ""],
  ["market_units", UNITS, 100, ""],
  ["market_ship_date", DATE, 100, ""],
  ["market_days", COVER, 100, ""],
  ["market_alert", TEXT, 140, ""],
  ["market_action", TEXT, 160, ""],
  ["data_flags", CODES, 200, ""],
  ["model", TEXT, 110, ""],
  ["calibrated", YES, 90, ""],
].map(([field, kind, width, screens]) => ({ field, ...kind, width, wide: screens.includes("w"), narrow: screens.includes("n") }));

export const BY_FIELD = new Map(COLUMNS.map((column) => [column.field, column]));

function changed(row) {
  return row.previous_order_units !== null && row.order_units !== null && row.previous_order_units !== row.order_units;
}
