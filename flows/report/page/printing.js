// What is printed of the reorder table: every row that passes the filter, as a plain table.

import { el, said } from "./elements.js";
import { longDay, named, t } from "./language.js";
import { session } from "./session.js";

export function preparePrint(columns, rows, groupOf) {
  const old = document.getElementById("print-table");
  const body = el("tbody", {});
  const sorted = groupOf ? [...rows].sort((a, b) => groupOf(a).localeCompare(groupOf(b))) : rows;
  let group = null;
  for (const row of sorted) {
    if (groupOf && groupOf(row) !== group) {
      group = groupOf(row);
      body.append(el("tr", { class: "print-group" }, el("th", { colspan: columns.length, scope: "colgroup" }, group ? said(group) : t("orders.no_supplier"))));
    }
    body.append(el("tr", {}, columns.map((column) => el("td", { class: column.number ? "n" : null }, column.show(row, column.field)))));
  }
  const printed = el(
    "table",
    { id: "print-table", class: "print-only" },
    el("caption", {}, `${session.night.name} · ${longDay(1)}`),
    el("thead", {}, el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.number ? "n" : null }, named("col", column.field))))),
    body,
  );
  if (old) old.replaceWith(printed);
  else document.querySelector(".orders").append(printed);
}
