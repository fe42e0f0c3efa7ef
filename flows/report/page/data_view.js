// What was not computed or set aside, and what mends it.

import { chip, el, empty, said, table } from "./elements.js";
import { named, t, units } from "./language.js";
import { session } from "./session.js";

export function dataView() {
  const { messages, message_kinds_left_out: rest, quarantine } = session.night;
  const aside = quarantine.reduce((sum, line) => sum + line.rows, 0);
  return [
    el("section", {}, el("div", { class: "head" }, el("h2", {}, t("messages.title")), el("p", { class: "note" }, t("messages.note"))), messages.length ? messageTable(messages) : empty(t("messages.none")), rest ? el("p", { class: "note" }, t("messages.left_out", { n: rest, shown: units(rest) })) : ""),
    el(
      "section",
      {},
      el("div", { class: "head" }, el("h2", {}, t("quarantine.title")), aside ? el("p", { class: "note" }, t("quarantine.note", { n: aside, shown: units(aside) })) : ""),
      quarantine.length ? quarantineTable(quarantine) : empty(t("quarantine.none")),
    ),
  ];
}

function messageTable(messages) {
  const heads = [{ title: t("messages.kind") }, { title: t("messages.message"), class: "wordy" }, { title: t("messages.times"), number: true }, { title: t("messages.fix"), class: "wordy" }];
  const rows = messages.map((message) => [
    el("span", {}, chip("m", message.severity, named("severity", message.severity)), el("span", { class: "sub" }, named("message", message.code), message.table ? [" · ", said(message.table)] : "")),
    el("span", {}, said(message.message), where(message)),
    units(message.rows),
    said(message.fix || "–"),
  ]);
  return table(t("messages.title"), heads, rows);
}

function where(message) {
  const place = [message.sku, message.fc || message.region].filter(Boolean).join(" · ");
  if (!place) return "";
  return el("span", { class: "sub" }, message.rows > 1 && message.sku ? `${t("messages.instance")} ` : "", said(place));
}

function quarantineTable(quarantine) {
  const heads = [{ title: t("quarantine.table") }, { title: t("quarantine.reason"), class: "wordy" }, { title: t("quarantine.rows"), number: true }, { title: t("quarantine.example"), class: "wordy" }];
  const rows = quarantine.map((line) => [said(line.table), said(line.reason), units(line.rows), said(line.example)]);
  return table(t("quarantine.title"), heads, rows);
}
