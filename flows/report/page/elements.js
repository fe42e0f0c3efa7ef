// Elements, made so that a text from the data can only ever become text.

export function el(tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A text from the data: its direction must not turn the words around it.
export function said(text, options) {
  return el("bdi", options, text === null || text === undefined ? "" : String(text));
}

export function button(label, act, options) {
  return el("button", { type: "button", ...options, on: { click: act } }, label);
}

export function chip(kind, code, label) {
  return el("span", { class: `chip ${kind}-${String(code).replace(/[^a-z_]/g, "")}` }, label);
}

// A share of a line, as a bar; the number beside it says the same.
export function bar(share, tone) {
  const fill = el("i", { class: `bar-fill ${tone || ""}` });
  fill.style.width = `${Math.round(Math.min(Math.max(share, 0), 1) * 100)}%`;
  return el("span", { class: "bar-track", "aria-hidden": "true" }, fill);
}

export function table(caption, heads, rows, options) {
  return el(
    "div",
    { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    el(
      "table",
      options,
      el("caption", { class: "hidden" }, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col", class: head.number ? "n" : null }, head.title)))),
      el(
        "tbody",
        {},
        rows.map((cells) =>
          el(
            "tr",
            cells.options || {},
            (cells.cells || cells).map((cell, place) =>
              el(place ? "td" : "th", { scope: place ? null : "row", class: heads[place].number ? "n" : heads[place].class }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

export function empty(...words) {
  return el("p", { class: "empty" }, ...words);
}
