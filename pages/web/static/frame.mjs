/* Around every page: a quick way out, *Back* that closes before it leaves, and French. */

import { french } from "./french.mjs";

const NAMES = ["aria-label", "placeholder", "title"];

// Every filter and page replaces the last one in the history, so that leaving replaces them all.
// Only an open sheet or answer has one entry more: *Back* closes it first.
const OPEN = ["fiche", "depuis"];
const CLOSE = ".st-key-retour button, .st-key-depart_changer button";
const push = history.pushState.bind(history);
const replace = history.replaceState.bind(history);
let open = isOpen(location.href);
let leaving = false;

history.pushState = history.replaceState = (state, _title, url) => {
  const before = open;
  open = isOpen(new URL(url ?? "", location.href).href);
  const add = open && !before && !depth();
  (add ? push : replace)({ ...state, depth: depth() + Number(add) }, "", url);
  here = { depth: depth(), href: location.href };
};
let here = { depth: depth(), href: location.href };

/** Return how many entries of the history this visit has behind the one shown. */
function depth() {
  return Number(history.state?.depth ?? 0);
}

/** @param {string} href */
function isOpen(href) {
  const { searchParams } = new URL(href);
  return OPEN.some((name) => searchParams.has(name));
}

addEventListener(
  "popstate",
  (event) => {
    event.stopImmediatePropagation();
    if (leaving) return;
    const back = depth() < here.depth;
    replace(history.state, "", here.href);
    here.depth = depth();
    if (!back) return;
    closing = open;
    open = false;
    if (closing) close();
    else history.back();
  },
  true,
);

/** Whether *Back* waits for the button that closes what is open: it may not be drawn yet. */
let closing = false;

function close() {
  const button = closing && document.querySelector(CLOSE);
  if (!(button instanceof HTMLElement)) return;
  closing = false;
  button.click();
}

const EXIT = "a.quitter, .sortie a:first-child";
const TIMES = 3;
const WITHIN_MS = 1500;
/** @type {number[]} */
let pressed = [];

addEventListener(
  "click",
  (event) => {
    const exit = closest(event, EXIT);
    if (!exit) return;
    event.preventDefault();
    leave(/** @type {HTMLAnchorElement} */ (exit).href);
  },
  true,
);

addEventListener(
  "keydown",
  ({ key, repeat, timeStamp }) => {
    if (repeat) return;
    pressed = pressed.filter((then) => key === "Escape" && timeStamp - then < WITHIN_MS);
    if (key === "Escape") pressed.push(timeStamp);
    const exit = document.querySelector("a.quitter");
    if (pressed.length >= TIMES && exit) leave(/** @type {HTMLAnchorElement} */ (exit).href);
  },
  true,
);

/**
 * Show another site in the place of every page of this visit.
 * @param {string} href
 */
function leave(href) {
  if (leaving) return;
  leaving = true;
  document.documentElement.style.display = "none";
  document.title = "";
  localStorage.clear();
  const go = () => location.replace(href);
  const behind = depth();
  if (!behind) return go();
  replace({ depth: behind }, "", "./");
  addEventListener("popstate", go, { once: true });
  history.go(-behind);
  setTimeout(go, 500);
}

/** Ask for what comes next once what comes before is here: the line is not shared among all. */
async function askInTurn() {
  const begun = document.querySelectorAll("link[rel=modulepreload], script[src]");
  await received([...begun].map((each) => each.getAttribute("href") ?? each.getAttribute("src") ?? ""));
  ask("modulepreload");
  await there(".pied"); // the map's files would delay the list
  await received(ask("prefetch"));
  askForOutlines();
}

/**
 * Ask for the files that wait for this, and return their addresses.
 * @param {string} rel
 */
function ask(rel) {
  /** @type {NodeListOf<HTMLLinkElement>} */
  const links = document.querySelectorAll(`link[data-rel=${rel}]`);
  for (const link of links) link.rel = rel;
  return [...links].map(({ href }) => href);
}

/**
 * Wait until these files are here.
 * @param {string[]} addresses
 * @returns {Promise<void>}
 */
function received(addresses) {
  const awaited = new Set(addresses.map((each) => new URL(each, document.baseURI).href));
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((entries) => {
      for (const { name } of entries.getEntries()) awaited.delete(name);
      if (awaited.size) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: "resource", buffered: true });
  });
}

/**
 * Wait until the page has such an element.
 * @param {string} selector
 * @returns {Promise<void>}
 */
function there(selector) {
  return new Promise((resolve) => {
    const look = () => {
      if (!document.querySelector(selector)) return;
      observer.disconnect();
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true });
    look();
  });
}

const MOST_OUTLINES = 12; // of more départements the map draws no communes at first

/** Ask for the outlines that the page names: the map's frame asks for them some time after. */
function askForOutlines() {
  /** @type {HTMLElement | null} */
  const legend = document.querySelector("[data-contours]");
  /** @type {HTMLLinkElement | null} */
  const france = document.querySelector('link[href*="/outlines/france.json"]');
  const codes = legend?.dataset.contours?.split(" ").filter(Boolean) ?? [];
  if (!france || codes.length > MOST_OUTLINES) return;
  for (const code of codes) {
    const file = document.createElement("link");
    file.rel = "prefetch";
    file.href = france.href.replace("/france.json", `/${code}.json`);
    document.head.append(file);
  }
}

askInTurn();

addEventListener("click", (event) => {
  if (closest(event, ".ouvrir-filtres")) {
    /** @type {HTMLElement | null} */ (
      document.querySelector('[data-testid="stExpandSidebarButton"]')
    )?.click();
  }
});

// What stands first on a page leads to a part below, without a change of address.
addEventListener("click", (event) => {
  const link = closest(event, ".vers");
  if (!(link instanceof HTMLElement)) return;
  const part = document.querySelector(link.dataset.vers ?? "");
  part?.scrollIntoView();
  const title = part?.querySelector("h2");
  title?.setAttribute("tabindex", "-1");
  focus(title ?? null, { preventScroll: true });
});

// A cell of a table of aids leads to its map: the page is told, and not loaded anew.
addEventListener("click", (event) => {
  const cell = closest(event, "a[data-case]");
  if (!(cell instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const box = document.querySelector(".st-key-choix_case input");
  if (!(box instanceof HTMLInputElement)) return;
  // React sees a value that is set through the prototype.
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  set?.call(box, cell.dataset.case);
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  document.querySelector(".reponse")?.scrollIntoView();
});

/**
 * Return what an event happened in, if there is such an element.
 * @param {Event} event
 * @param {string} selector
 */
function closest({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}

/** The keyboard finds the way out first, then the ways past the filters and past the map. */
function leadTheKeyboard() {
  /** @type {HTMLAnchorElement | null} */
  const exit = document.querySelector("a.quitter");
  if (!exit || document.querySelector(".sortie")) return;
  const first = document.createElement("nav");
  first.className = "sortie";
  first.ariaLabel = "Accès rapide";
  first.append(
    link("Quitter rapidement", exit.href),
    link("Aller au contenu", "#stMain"),
    link("Aller à la liste", ".st-key-liste button"),
  );
  first.addEventListener("click", (event) => {
    const to = closest(event, "a")?.getAttribute("href");
    if (!to || to === exit.getAttribute("href")) return;
    event.preventDefault();
    focus(document.querySelector(to));
  });
  document.body.prepend(first);
}

/**
 * @param {string} text
 * @param {string} href
 */
function link(text, href) {
  const element = document.createElement("a");
  element.href = href;
  element.textContent = text;
  return element;
}

/**
 * @param {Element | null} element
 * @param {FocusOptions} [options]
 */
function focus(element, options) {
  if (element instanceof HTMLElement) element.focus(options);
}

// Where a sheet is prepared, a printer prints it alone, under a title that tells nothing.
let titleBefore = "";
addEventListener("beforeprint", () => {
  const sheet = document.querySelector(".feuille-imprimee");
  if (!sheet) return;
  titleBefore = document.title;
  document.title = "Adresses utiles";
  document.body.append(sheet.cloneNode(true));
});
addEventListener("afterprint", () => {
  const copy = document.querySelector("body > .feuille-imprimee");
  if (!copy) return;
  copy.remove();
  document.title = titleBefore;
});

/**
 * Put into French what Streamlit wrote in a node, and mend what it left out for the keyboard.
 * @param {Node} node
 */
function translate(node) {
  if (node instanceof Text) translateText(node);
  if (!(node instanceof Element)) return;
  for (const name of NAMES) translateAttribute(node, name);
  for (const child of node.childNodes) translate(child);
  if (node.matches(".fiche")) show(node);
  mend(node);
}

/** @param {Text} node */
function translateText(node) {
  // The data are shown inside these; Streamlit's own words stand outside.
  const parent = node.parentElement;
  const data = parent?.closest('[data-testid="stMarkdownContainer"], .stHtml, table');
  if (data && !parent?.closest('[data-testid="stFileUploaderDropzone"], .stDialog')) return;
  const translated = french(node.data);
  if (translated !== node.data) node.data = translated;
}

/**
 * @param {Element} element
 * @param {string} name
 */
function translateAttribute(element, name) {
  const text = element.getAttribute(name);
  const translated = text && french(text);
  if (translated && translated !== text) element.setAttribute(name, translated);
}

/**
 * Give an element of Streamlit the role or the name it lacks.
 * @param {Element} element
 */
function mend(element) {
  // Some browsers send what is typed to their maker to check its spelling.
  if (element instanceof HTMLInputElement) element.spellcheck = false;
  // Streamlit takes away a link to the reader's own map.
  if (element instanceof HTMLAnchorElement && element.dataset.geo) {
    element.href = `geo:${element.dataset.geo}`;
  }
  // Where files are dropped has a name, which needs a role.
  if (element.matches('section[role="presentation"][aria-label]')) element.role = "group";
  // A list of choices opens outside the parts of the page: it is one of its own.
  if (element.matches('[data-trigger="ComboBox"]')) {
    element.role = "region";
    element.ariaLabel = "Choix";
  }
  // A table wider than its place is moved with the keyboard too.
  if (element.matches(".stTable > div")) element.setAttribute("tabindex", "0");
}

/**
 * A sheet that opens takes the focus; on a phone it comes into view.
 * @param {Element} sheet
 */
function show(sheet) {
  const title = sheet.querySelector("h2");
  title?.setAttribute("tabindex", "-1");
  focus(title, { preventScroll: innerWidth > 640 });
}

/**
 * What takes the focus once the page is drawn anew, and what must be gone by then.
 * @type {string[] | null}
 */
let awaited = null;

// The place chosen takes the focus from what chose it, which is gone; its field, from *Changer*.
addEventListener(
  "click",
  (event) => {
    const choice = closest(event, '[class*="st-key-depart_"] button');
    const ends = [".st-key-depart_mots input", ".st-key-depart_place p"];
    awaited = choice && (choice.closest(".st-key-depart_place") ? ends : ends.reverse());
  },
  true,
);

function followQuestion() {
  // What is left stays a while beside what comes.
  if (!awaited || document.querySelector(awaited[1])) return;
  const next = document.querySelector(awaited[0]);
  if (!next) return;
  awaited = null;
  if (next.tagName === "P") next.setAttribute("tabindex", "-1");
  focus(next, { preventScroll: true });
}

/**
 * What the answer of *Couverture* was before a change of the scenario, whose button is lower down.
 * @type {string | null}
 */
let answerBefore = null;

addEventListener(
  "click",
  (event) => {
    const change = closest(event, '[class*="st-key-et_si_"] button, .st-key-ou_scenario button');
    if (change) answerBefore = document.querySelector(".reponse")?.textContent ?? null;
  },
  true,
);

/** The answer that a scenario has changed comes into view. */
function showAnswer() {
  const answer = document.querySelector(".reponse");
  if (answerBefore === null || !answer || answer.textContent === answerBefore) return;
  answerBefore = null;
  answer.scrollIntoView({ block: "nearest" });
}

/** Many buttons say the same: each is named after the service of its line. */
function nameButtons() {
  const places = '[class*="st-key-ajouter_"], [class*="st-key-retirer_"]';
  for (const button of document.querySelectorAll(`:is(${places}) button`)) {
    const line = button.closest(".stHorizontalBlock:not(:has(> .stColumn))");
    const service = line?.querySelector("p") ?? document.querySelector(".fiche h2");
    const name = `${button.textContent} : ${service?.textContent}`;
    if (service && button.getAttribute("aria-label") !== name) button.ariaLabel = name;
  }
}

/**
 * The page that was asked for while the connection was lost: Streamlit lets such a click do nothing.
 * @type {string | null}
 */
let pageWanted = null;

addEventListener(
  "click",
  (event) => {
    const link = closest(event, ".st-key-pages a");
    if (link) pageWanted = link.hasAttribute("disabled") ? link.getAttribute("href") : null;
  },
  true,
);

function openPageWanted() {
  if (pageWanted === null) return;
  const link = document.querySelector(`.st-key-pages a[href="${CSS.escape(pageWanted)}"]:not([disabled])`);
  if (link instanceof HTMLElement) link.click();
}

/** The links to the pages are the navigation, and say which page this is. */
function nameNavigation() {
  const bar = document.querySelector(".st-key-pages");
  if (!bar) return;
  if (bar.role !== "navigation") Object.assign(bar, { role: "navigation", ariaLabel: "Pages" });
  for (const link of bar.querySelectorAll("a")) {
    const current = link.pathname === location.pathname ? "page" : null;
    if (link.ariaCurrent !== current) link.ariaCurrent = current;
  }
}

/** The page has its heading: what stood in its place goes. */
function replaceHeading() {
  if (document.querySelector("#root .but")) document.querySelector(".attente")?.remove();
}

leadTheKeyboard();
new MutationObserver((changes) => {
  for (const { addedNodes, attributeName, target } of changes) {
    if (attributeName && attributeName !== "disabled")
      translateAttribute(/** @type {Element} */ (target), attributeName);
    if (target instanceof Text) translateText(target);
    addedNodes.forEach(translate);
  }
  leadTheKeyboard();
  replaceHeading();
  close();
  followQuestion();
  showAnswer();
  nameButtons();
  nameNavigation();
  openPageWanted();
}).observe(document.body, {
  subtree: true,
  childList: true,
  characterData: true,
  attributes: true,
  attributeFilter: [...NAMES, "disabled"],
});
