// Alerts by money: the ten rows that matter most and what to do about each, and the whole list behind them.

import { openRow } from "./drawer.js";
import { button, chip, el, empty, said } from "./elements.js";
import { counted, has, money, named, percent, shortDay, t, units } from "./language.js";
import { isOpen, keyOf, listedAlerts, openAlerts, session } from "./session.js";
import { advice, whyWords } from "./story.js";

const FIRST = 10;
const STEP = 100;

// Open alerts by money, one per row, and after them the rows that lose most without an order.
export function whatMatters() {
  const seen = new Set();
  const picked = [];
  const take = (key, entry) => {
    if (picked.length < FIRST && !seen.has(key)) {
      seen.add(key);
      picked.push(entry);
    }
  };
  for (const alert of listedAlerts()) take(alert.sku === null ? alert.alert_id : keyOf(alert), { alert, row: alert.row });
  for (const row of session.rows) if (row.action !== "none" && row.action !== "wait") take(keyOf(row), { alert: null, row });
  return picked;
}

export function mattersSection() {
  const picked = whatMatters();
  const body = picked.length ? alertTable(picked, t("matters.title")) : empty(t(session.rows.length ? "matters.none" : "matters.no_rows"));
  const section = el("section", { class: "matters", "aria-labelledby": "matters" });
  const every = openAlerts().length;
  const head = el("div", { class: "head" }, el("h2", { id: "matters" }, t("matters.title")), el("p", { class: "note" }, t("matters.note")));
  section.append(head, body);
  if (session.alerts.length) {
    const more = button(t("alerts.all", { n: session.alerts.length, shown: units(session.alerts.length) }), () => {
      section.replaceWith(allAlerts());
      document.getElementById("alerts").focus();
    });
    more.className = "quiet";
    head.append(el("span", { class: "note push" }, t("alerts.open", { n: every, shown: units(every) })), more);
  }
  return section;
}

function allAlerts() {
  const kinds = [...new Set(session.alerts.map((alert) => alert.kind))];
  const chosen = { kind: "", state: "", shown: STEP };
  const section = el("section", { class: "matters", "aria-labelledby": "alerts" });
  const holder = el("div", {});
  const draw = () => {
    const found = session.alerts.filter(
      (alert) => (!chosen.kind || alert.kind === chosen.kind) && (chosen.state ? alert.state === chosen.state : isOpen(alert)),
    );
    const rest = found.length - chosen.shown;
    holder.replaceChildren(
      found.length ? alertTable(found.slice(0, chosen.shown).map((alert) => ({ alert, row: alert.row })), t("alerts.title")) : empty(t("alerts.none")),
      rest > 0 ? button(t("alerts.more", { n: rest, shown: units(rest) }), () => { chosen.shown += STEP; draw(); }, { class: "quiet" }) : "",
      session.night.all_alerts > session.alerts.length
        ? el("p", { class: "note" }, t("alerts.left_out", { n: session.night.all_alerts - session.alerts.length }))
        : "",
    );
  };
  const pick = (name, values, label, all) =>
    el(
      "label",
      { class: "pick" },
      el("span", {}, label),
      el(
        "select",
        { on: { change: (event) => { chosen[name] = event.target.value; chosen.shown = STEP; draw(); } } },
        el("option", { value: "" }, all),
        values.map((value) => el("option", { value }, named(name, value))),
      ),
    );
  const states = [...new Set(session.alerts.map((alert) => alert.state))];
  section.append(
    el(
      "div",
      { class: "head" },
      el("h2", { id: "alerts", tabindex: "-1" }, t("alerts.title")),
      pick("kind", kinds, t("alerts.kind"), t("alerts.every_kind")),
      pick("state", states, t("alerts.state"), t("alerts.open_ones")),
      button(t("alerts.fewer"), () => section.replaceWith(mattersSection()), { class: "quiet push" }),
    ),
    holder,
  );
  draw();
  return section;
}

function alertTable(entries, caption) {
  const heads = [
    { key: "item", cls: "item" },
    { key: "wrong", cls: "wrong" },
    { key: "todo", cls: "todo" },
    { key: "at_risk", cls: "n" },
    { key: "chance", cls: "n narrow-off" },
    { key: "by", cls: "narrow-off" },
    { key: "since", cls: "narrow-off" },
  ];
  return el(
    "table",
    { class: "list" },
    el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, heads.map(({ key, cls }) => el("th", { scope: "col", class: cls }, t(`alerts.col.${key}`))))),
    el("tbody", {}, entries.map(alertRow)),
  );
}

function alertRow({ alert, row }) {
  const value = alert ? money(alert.value_at_risk, alert.currency) : money(row.expected_lost_margin, row.currency);
  const where = alert ? alert.fc || alert.region : row.fc;
  const name = row ? row.label : alert.sku;
  const opener = row
    ? button(said(name), (event) => openRow(row, event.currentTarget), { class: "opener", "aria-haspopup": "dialog" })
    : el("span", { class: "opener" }, name === null ? t("alerts.whole_run") : said(name));
  return el(
    "tr",
    {},
    el("th", { scope: "row", class: "item" }, opener, el("span", { class: "sub" }, row && row.name ? [said(row.sku), " · "] : "", said(where || ""))),
    el(
      "td",
      { class: "wrong" },
      alert ? chip("s", alert.severity, named("kind", alert.kind)) : chip("a", row.action, named("action", row.action)),
      el("span", { class: "sub clip", title: alert ? alert.message : null }, said(alert ? alert.message : whyWords(row))),
    ),
    el("td", { class: "todo" }, el("strong", {}, whatToDo(alert, row))),
    el("td", { class: "n" }, value, alert ? el("span", { class: "sub" }, atRiskUnits(alert)) : null),
    el("td", { class: "n narrow-off" }, percent(alert ? alert.probability : row.stockout_probability_without_order)),
    el("td", { class: "narrow-off nowrap" }, shortDay(alert ? alert.expected_date : row.stockout_date_p50)),
    el("td", { class: "narrow-off nowrap" }, alert ? [named("state", alert.state), el("span", { class: "sub" }, shortDay(alert.first_seen))] : ""),
  );
}

function atRiskUnits(alert) {
  return alert.units_at_risk === null ? "" : counted(alert.units_at_risk);
}

function whatToDo(alert, row) {
  if (alert && alert.kind === "overstock" && alert.units_at_risk !== null && row && row.action === "mark_down") {
    return t("do.mark_down_units", { units: alert.units_at_risk });
  }
  if (row) return advice(row);
  if (!alert.action) return "";
  return has(`action.${alert.action}`) ? named("action", alert.action) : said(alert.action);
}
