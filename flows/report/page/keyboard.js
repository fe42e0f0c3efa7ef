// The table by keyboard: headers sort, arrows go from row to row, Enter opens a row.

import { t } from "./language.js";

export function reachable(holder, table) {
  holder.setAttribute("aria-label", `${t("orders.title")}. ${t("orders.rows_keys")}`);
  holder.setAttribute("aria-rowcount", String(table.getDataCount("active")));
  // Rows have a button each to go to; a stop on what holds them would be one without a role.
  holder.querySelector(".tabulator-tableholder").removeAttribute("tabindex");
  for (const head of holder.querySelectorAll(".tabulator-col.tabulator-sortable")) {
    head.tabIndex = 0;
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      head.click();
    });
  }
}

function inView(element, holder) {
  if (!element.isConnected) return false;
  const body = holder.querySelector(".tabulator-tableholder").getBoundingClientRect();
  const own = element.getBoundingClientRect();
  return own.top >= body.top && own.bottom <= body.bottom;
}

const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

export function arrowKeys(holder, tableNow, open) {
  let current = null;
  holder.addEventListener("keydown", async (event) => {
    if (!event.target.closest(".tabulator-tableholder")) return;
    const table = tableNow();
    const rows = table.getRows("active");
    if (!rows.length) return;
    const there = event.target.closest(".tabulator-row");
    const at = there ? rows.findIndex((row) => row.getElement() === there) : rows.indexOf(current);
    if (event.key === "Enter" && !there && current) {
      event.preventDefault();
      open(current.getData(), event.target);
    }
    const step = MOVES[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = rows[Math.min(Math.max((at < 0 ? -1 : at) + step, 0), rows.length - 1)];
    current = next;
    if (!inView(next.getElement(), holder)) {
      await table.scrollToRow(next, step > 0 ? "bottom" : "top", true);
      // Rows that come into view are made once the scroll has been noticed.
      await new Promise((seen) => setTimeout(seen, 60));
    }
    next.getElement().querySelector(".opener").focus({ preventScroll: true });
  });
}
