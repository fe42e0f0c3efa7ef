// The night by seller, where there are several.

import { button, el, said, table } from "./elements.js";
import { money, t, units } from "./language.js";
import { session } from "./session.js";

export const NO_SELLER = "\u0000";

// Nothing where there is one seller; a seller's name shows his rows of the reorder table.
export function sellersSection(open) {
  const { sellers } = session.night;
  if (!sellers.length) return "";
  const several = new Set(sellers.map((one) => one.currency)).size > 1;
  const heads = [
    { title: t("sellers.seller") },
    { title: t("total.rows"), number: true },
    { title: t("total.lines"), number: true },
    { title: t("total.units"), number: true },
    { title: t("total.value"), number: true },
    { title: t("total.at_risk"), number: true },
    { title: t("sellers.stocked_out"), number: true },
    { title: t("sellers.alerts"), number: true },
  ];
  const rows = sellers.map((one) => [
    el(
      "span",
      {},
      button(one.seller === null ? t("sellers.none") : said(one.seller), () => open({ seller: one.seller ?? NO_SELLER }), { class: "link" }),
      several ? el("span", { class: "sub" }, said(one.currency || "–")) : "",
    ),
    units(one.rows),
    units(one.order_lines),
    units(one.order_units),
    money(one.order_value, one.currency),
    money(one.expected_lost_margin, one.currency),
    units(one.stocked_out),
    units(one.alerts),
  ]);
  return el(
    "section",
    { class: "sellers" },
    el("div", { class: "head" }, el("h2", {}, t("sellers.title")), el("p", { class: "note" }, t("sellers.note"))),
    table(t("sellers.title"), heads, rows),
  );
}
