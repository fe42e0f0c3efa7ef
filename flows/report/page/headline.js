// The night in six numbers, against last night.

import { el } from "./elements.js";
import { exact, money, named, percent, t, units } from "./language.js";
import { session } from "./session.js";

export function headlineCards() {
  const { night } = session;
  const numbers = night.headline.numbers;
  const rules = Object.entries(night.rules).sort((a, b) => a[1] - b[1]);
  const best = rules.length ? t("card.best_rule", { rule: named("rule", rules[0][0]), error: percent(rules[0][1], 1) }) : t("card.no_rule");
  const sent = numbers.order_lines
    ? t("card.order_note", {
        lines: t("lines", { n: numbers.order_lines, shown: units(numbers.order_lines) }),
        units: t("units", { n: numbers.order_units, shown: units(numbers.order_units) }),
      })
    : t("card.order_none");
  return el(
    "section",
    { class: "cards", "aria-label": t("headline.title") },
    moneyCard("value_at_risk", t("card.risk_note"), -1),
    numberCard("expected_lost_units", units, t("card.lost_note"), -1),
    moneyCard("order_value", sent, 0),
    numberCard("in_stock_rate", (value) => percent(value, 1), t("card.out_note", { n: numbers.stocked_out, shown: units(numbers.stocked_out) }), 1),
    moneyCard("overstock_value", t("card.overstock_note", { n: numbers.overstock, shown: units(numbers.overstock) }), -1),
    numberCard("wape", (value) => percent(value, 1), numbers.wape === null ? t("card.wape_none") : best, -1),
  );
}

function card(name, values, note, changes) {
  return el(
    "div",
    { class: "card", id: `card-${name}` },
    el("h2", {}, t(`card.${name}`)),
    el("p", { class: `number${values.length > 1 ? " several" : ""}` }, values.map((value) => el("span", {}, value))),
    el("p", { class: "note" }, note),
    el("p", { class: "change" }, changes),
  );
}

function numberCard(name, show, note, welcome) {
  const { night } = session;
  const now = night.headline.numbers[name];
  const before = night.previous === null ? undefined : night.previous.numbers[name];
  const points = name === "wape" || name === "in_stock_rate";
  const size = points ? (value) => t("points", { n: value * 100, shown: exact(value * 100, 1) }) : show;
  return card(name, [show(now)], note, [change(now, before, size, welcome)]);
}

function moneyCard(name, note, welcome) {
  const { night } = session;
  const codes = Object.keys(night.headline.money);
  const values = codes.map((code) => money(night.headline.money[code][name], code));
  const changes = codes.map((code) => {
    const before = night.previous === null ? undefined : (night.previous.money[code] || { [name]: null })[name];
    return change(night.headline.money[code][name], before, (value) => money(value, code), welcome);
  });
  return card(name, values, note, changes);
}

// `welcome` is the good direction: −1 down, 1 up, 0 neither. `before` is undefined on a first night, null where it was not known.
function change(now, before, show, welcome) {
  if (now === null) return el("span", {}, "");
  if (before === undefined) return el("span", {}, "");
  if (before === null) return el("span", {}, t("change.unknown_before"));
  const size = show(Math.abs(now - before));
  if (size === show(0)) return el("span", {}, t("change.same"));
  const up = now > before;
  const tone = welcome === 0 ? "" : up === welcome > 0 ? "good" : "bad";
  return el("span", { class: tone }, t(up ? "change.more" : "change.less", { size }));
}

// What changed since last night, in a line: alerts that came, grew or went; orders that changed, and the largest of them.
export function sinceLastNight(open) {
  const { night, rows, alerts } = session;
  if (night.previous === null) return el("p", { class: "since" }, t("since.first"));
  const count = (state) => alerts.filter((alert) => alert.state === state).length;
  const changed = rows.filter((row) => row.previous_order_units !== null && row.order_units !== null && row.previous_order_units !== row.order_units);
  const parts = ["new", "worse", "better", "cleared"]
    .map((state) => [state, count(state)])
    .filter(([, n]) => n)
    .map(([state, n]) => el("span", { class: `tag ${state}` }, t(`since.${state}`, { n, shown: units(n) })));
  const more = changed.filter((row) => row.order_units > row.previous_order_units).length;
  const orders = changed.length
    ? t("since.orders", { n: changed.length, shown: units(changed.length), more, less: changed.length - more })
    : t("since.orders_same");
  return el(
    "div",
    { class: "since" },
    el("strong", {}, t("since.title")),
    parts.length ? parts : el("span", {}, t("since.alerts_same")),
    changed.length
      ? el("button", { type: "button", class: "link", on: { click: open } }, orders)
      : el("span", {}, orders),
  );
}
