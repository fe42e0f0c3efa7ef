// What the page is about: the night, its rows, and what is drawn of them once it is unpacked.

import { rowsOf } from "./payload.js";

export const session = { night: null, rows: [], alerts: [], byKey: new Map(), drawn: null };

export function keyOf(row) {
  return `${row.fc}\u001f${row.sku}`;
}

export function begin(night) {
  session.night = night;
  session.rows = rowsOf(night.rows);
  for (const row of session.rows) {
    row.currency = night.currencies[row.fc] || "";
    row.class = (row.abc || "") + (row.xyz || "");
    row.label = row.name || row.sku;
    session.byKey.set(keyOf(row), row);
  }
  session.alerts = rowsOf(night.alerts);
  for (const alert of session.alerts) {
    alert.row = alert.sku === null ? null : session.byKey.get(keyOf(alert)) || null;
    alert.currency = (alert.fc && night.currencies[alert.fc]) || onlyCurrency();
  }
}

export function isOpen(alert) {
  return alert.state !== "cleared" && alert.state !== "snoozed";
}

export function openAlerts() {
  return session.alerts.filter(isOpen);
}

// Those within the cap of their kind: what the night puts first.
export function listedAlerts() {
  return openAlerts().filter((alert) => alert.listed);
}

// Currency codes of the run; "" where none is known.
export function moneyCodes() {
  return Object.keys(session.night.headline.money);
}

export function onlyCurrency() {
  const codes = moneyCodes();
  return codes.length === 1 ? codes[0] : "";
}

// Sums of `value(row)` by currency: money of different currencies is never added.
export function byCurrency(rows, value) {
  const sums = new Map();
  for (const row of rows) {
    const amount = value(row);
    if (amount === null || amount === undefined) continue;
    sums.set(row.currency, (sums.get(row.currency) || 0) + amount);
  }
  return sums;
}
