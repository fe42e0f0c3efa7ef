// A row's numbers put into words that a planner can follow and check.

import { counted, day, exact, listed, money, named, percent, t } from "./language.js";
import { session } from "./session.js";

export function reasonWords(codes) {
  return [...new Set(codes || [])].map((code) => named("reason", code, session.night.reasons[code]));
}

// What to do about a row, in one short sentence.
export function advice(row) {
  const values = { n: row.order_units || 0, units: row.order_units || 0, arrives: day(row.arrival_date), next: day(row.order_by_date) };
  const inbound = (row.inbound_units || 0) > 0;
  if (row.on_hand === null && !row.order_units) return t("do.unknown");
  if (row.action === "expedite" && row.order_units > 0) return t(inbound ? "do.expedite_both" : "do.expedite_order", values);
  if (row.action === "expedite") return t("do.expedite_inbound", { units: row.inbound_units });
  if (row.action === "transfer") return t(row.order_units > 0 ? "do.transfer_order" : "do.transfer", values);
  if (row.action === "mark_down") return t("do.mark_down");
  if (row.order_units > 0) return t("do.order", values);
  if (row.action === "wait") return t("do.wait", values);
  return t("do.none");
}

// The way from stock and demand to tonight's order, a sentence a step; what is unknown is left out.
export function story(row) {
  return [stockStep(row), demandStep(row), riskStep(row), ...orderSteps(row), arrivalStep(row), changeStep(row), ruleStep(row)].filter(Boolean);
}

function stockStep(row) {
  if (row.on_hand === null) return t("story.stock_unknown");
  const key = row.inbound_units ? "story.stock_inbound" : "story.stock";
  return t(key, { on_hand: counted(row.on_hand), inbound: row.inbound_units || 0, position: row.inventory_position });
}

function demandStep(row) {
  if (row.demand_mean === null) return null;
  const key = row.protection_demand_target === null ? "story.demand" : "story.demand_target";
  return t(key, { demand: counted(row.demand_mean), target: row.protection_demand_target });
}

function riskStep(row) {
  const chance = row.stockout_probability_without_order;
  if (chance === null) return null;
  const lost = row.expected_lost_units
    ? t("story.lost", { units: counted(row.expected_lost_units), worth: money(row.expected_lost_margin, row.currency) })
    : "";
  const date = row.stockout_date_p50 === null ? "" : t("story.empty_by", { date: day(row.stockout_date_p50) });
  return t("story.risk", { chance: percent(chance), lost }) + date;
}

function orderSteps(row) {
  if (row.order_units === null) return row.on_hand === null ? [] : [t("story.no_order_known")];
  if (row.order_up_to === null || row.raw_units === null) return [t("story.order_only", { units: counted(row.order_units) })];
  const values = { level: row.order_up_to, raw: counted(Math.max(row.raw_units, 0)), units: counted(row.order_units) };
  if (row.order_units > 0) {
    const last = row.marginal_gain_last_case;
    const gain = last === null ? null : t("story.last_case", { gain: money(last, row.currency) });
    return [t("story.order", values), gain];
  }
  if (row.raw_units > 0) return [t(row.reasons.includes("not_an_order_day") ? "story.closed" : "story.too_little", values)];
  return [t("story.covered", values)];
}

function arrivalStep(row) {
  if (row.arrival_date === null || !row.order_units) {
    return row.next_order_date === null ? null : t("story.next", { date: day(row.next_order_date) });
  }
  const before = row.stockout_probability_before_arrival;
  const chance = before !== null && before >= 0.005 ? t("story.before_arrival", { chance: percent(before) }) : "";
  return t("story.arrives", { sent: day(row.order_date), arrives: day(row.arrival_date), chance });
}

function changeStep(row) {
  if (row.previous_order_units === null || row.order_units === null || row.previous_order_units === row.order_units) return null;
  const why = row.change_reason ? t("story.change_why", { why: changeWords(row.change_reason) }) : "";
  return t("story.change", { before: counted(row.previous_order_units), why });
}

function ruleStep(row) {
  if (row.model === "simple_rule") return t("story.simple_rule");
  return row.calibrated ? null : t("story.uncalibrated");
}

const CHANGES = [
  [/^first recommendation$/, "first"],
  [/^stock is no longer known$/, "stock_lost"],
  [/^stock has become known$/, "stock_found"],
  [/^a planner's decision$/, "planner"],
  [/^a planner's decision ended$/, "planner_ended"],
  [/^the supplier takes no orders on this day$/, "closed"],
  [/^the supplier takes orders again$/, "open"],
  [/^no longer on sale$/, "off_sale"],
  [/^rounding to whole cases$/, "cases"],
  [/^demand forecast up (.+)%$/, "demand_up_share"],
  [/^demand forecast down (.+)%$/, "demand_down_share"],
  [/^demand forecast up by (.+)$/, "demand_up"],
  [/^demand forecast down by (.+)$/, "demand_down"],
  [/^inbound arrived: stock rose by (.+)$/, "arrived"],
  [/^stock rose by (.+)$/, "stock_rose"],
  [/^stock fell by (.+)$/, "stock_fell"],
  [/^units on their way rose by (.+)$/, "inbound_rose"],
  [/^units on their way fell by (.+)$/, "inbound_fell"],
  [/^safety stock up by (.+)$/, "safety_up"],
  [/^safety stock down by (.+)$/, "safety_down"],
];

// Why an order changed: the run says it in English; what it can say is known.
export function changeWords(reason) {
  for (const [pattern, name] of CHANGES) {
    const found = pattern.exec(reason);
    if (found) return t(`change.${name}`, { by: found[1] === undefined ? "" : exact(Number(found[1])) });
  }
  return reason;
}

// The same in a word or two, for a line of the table.
export function shortWords(row) {
  return listed(row.reasons.map((code) => named("short", code, session.night.reasons[code])));
}

export function whyWords(row) {
  return listed(reasonWords(row.reasons));
}
