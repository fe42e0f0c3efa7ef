// What the marketplace itself recommends for a row, beside tonight's order.

import { el, said } from "./elements.js";
import { cover, day, named, t } from "./language.js";
import { session } from "./session.js";
import { whyWords } from "./story.js";

// Whether any row has a recommendation of its marketplace: without a report there is nothing to filter by.
export function anyRecommended() {
  return session.rows.some((row) => row.market_units !== null);
}

export function differs(row) {
  return row.market_units !== null && row.order_units !== null && row.market_units !== row.order_units;
}

export function marketplacePart(row) {
  if (row.market_report_date === null) return "";
  const facts = [
    ["market_days", row.market_days === null ? null : cover(row.market_days)],
    ["market_days_with_inbound", row.market_days_with_inbound === null ? null : cover(row.market_days_with_inbound)],
    ["market_alert", row.market_alert === null ? null : said(row.market_alert)],
    ["market_action", row.market_action === null ? null : said(row.market_action)],
    ["market_report_date", day(row.market_report_date)],
  ];
  return el(
    "div",
    { class: "market" },
    el("h3", {}, t("market.title")),
    el("p", {}, bothQuantities(row)),
    el("dl", { class: "facts" }, facts.filter(([, value]) => value !== null).map(([field, value]) => el("div", {}, el("dt", {}, named("col", field)), el("dd", {}, value)))),
  );
}

// Their quantity and ours in one sentence; the reasons are those of tonight's order.
function bothQuantities(row) {
  const why = row.reasons.length ? t("market.because", { why: whyWords(row) }) : "";
  const ours = row.order_units === null ? t("market.ours_unknown") : t("market.ours", { units: row.order_units, why });
  if (row.market_units === null) return t("market.no_units", { ours });
  const values = { units: row.market_units, ours };
  return row.market_ship_date === null ? t("market.units", values) : t("market.units_by", { ...values, date: day(row.market_ship_date) });
}
