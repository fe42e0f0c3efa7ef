// The page: unpack the night, show it, and show it again in another language.

import { accuracyView } from "./accuracy_view.js";
import { mattersSection } from "./alerts.js";
import { dataView } from "./data_view.js";
import { drawerDialog, openRow, redrawDrawer } from "./drawer.js";
import { el, said } from "./elements.js";
import { headlineCards, sinceLastNight } from "./headline.js";
import { language, languages, learn, longDay, speak, t, yearDay } from "./language.js";
import { ordersSection, showRows, shownRows } from "./orders.js";
import { unpacked } from "./payload.js";
import { runView } from "./run_view.js";
import { sellersSection } from "./sellers.js";
import { begin, session } from "./session.js";
import { dress, onDarker, theme, THEMES } from "./theme.js";

const VIEWS = [
  ["morning", () => [headlineCards(), sinceLastNight(() => showRows({ changed: true })), mattersSection(), sellersSection(showRows), ordersSection()]],
  ["data", dataView],
  ["accuracy", accuracyView],
  ["run", runView],
];
const page = { view: "morning" };

function topBar() {
  const { night } = session;
  return el(
    "header",
    { class: "bar" },
    el("a", { class: "skip", href: "#orders" }, t("skip")),
    el("div", { class: "bar-title" }, el("h1", {}, said(night.name), " ", el("small", {}, t("page.kind"))), el("p", { class: "note" }, t("lede", { as_of: yearDay(0), order_date: yearDay(1) }))),
    el("div", { class: "tabs", role: "tablist", "aria-label": t("views") }, VIEWS.map(([name]) => tab(name))),
    choice("language", languages().map(({ code, name }) => [code, name]), language(), speak),
    choice("theme", THEMES.map((name) => [name, t(`theme.${name}`)]), theme(), dress),
  );
}

function choice(name, options, now, act) {
  const chosen = (event) => {
    act(event.target.value);
    show();
    document.getElementById(name).focus();
  };
  return el(
    "label",
    { class: "pick" },
    el("span", { class: "hidden" }, t(name)),
    el("select", { id: name, on: { change: chosen } }, options.map(([value, label]) => el("option", { value, selected: value === now }, label))),
  );
}

function tab(name) {
  const selected = page.view === name;
  return el(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-selected": String(selected),
      "aria-controls": "view",
      tabindex: selected ? "0" : "-1",
      on: { click: () => goTo(name), keydown: (event) => besides(event, name) },
    },
    t(`view.${name}`),
  );
}

function besides(event, name) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = VIEWS.findIndex(([one]) => one === name);
  goTo(VIEWS[(at + step + VIEWS.length) % VIEWS.length][0]);
}

function goTo(name) {
  page.view = name;
  show();
  document.getElementById(`tab-${name}`).focus();
}

function show() {
  const { night } = session;
  document.title = t("page.title", { name: night.name, date: longDay(0) });
  const [, view] = VIEWS.find(([name]) => name === page.view);
  const failed = night.failed_regions.length
    ? el("div", { class: "banner bad", role: "note" }, el("strong", {}, t("failed.title")), " ", said(night.failed_regions.join(", ")), ". ", t("failed.fix"))
    : "";
  document.getElementById("app").replaceChildren(
    topBar(),
    el("main", {}, failed, el("div", { id: "view", role: "tabpanel", "aria-labelledby": `tab-${page.view}`, class: page.view }, ...view())),
    el("footer", {}, el("p", {}, t("footer"))),
  );
}

function openNamedRow() {
  const named = /^#row=([^/]*)\/(.*)$/.exec(location.hash);
  if (!named) return;
  const row = session.byKey.get(`${decodeURIComponent(named[1])}\u001f${decodeURIComponent(named[2])}`);
  if (row) openRow(row);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.key !== "/" || typing || page.view !== "morning") return;
  const search = document.getElementById("search");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

async function start() {
  dress(theme());
  const [all, night] = await Promise.all([unpacked("languages"), unpacked("night")]);
  learn(all, night.as_of);
  begin(night);
  session.visible = shownRows;
  document.body.append(drawerDialog());
  show();
  onDarker(redrawDrawer);
  // After the first picture of the page: nobody opens a row before that.
  session.drawn = new Promise((done) => setTimeout(() => done(unpacked("pictures")), 0));
  openNamedRow();
}

start();
