/* Around every page: a quick way out, one single entry in the browser's history, and French. */
"use strict";

(() => {
  // Every filter and page replaces the last one in the history, so that leaving replaces them all.
  history.pushState = (...state) => history.replaceState(...state);

  addEventListener(
    "click",
    (event) => {
      const exit = event.target.closest?.("a.quitter");
      if (!exit) return;
      event.preventDefault();
      document.documentElement.style.display = "none";
      document.title = "";
      location.replace(exit.href);
    },
    true,
  );

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

  // Streamlit's own words, which no option changes. The list's words never match a whole phrase.
  const FRENCH = new Map([
    ["App pages", "Pages"],
    ["Choose an option", "Choisir"],
    ["Clear all", "Tout retirer"],
    ["Clear entry", "Effacer"],
    ["Clear value", "Effacer"],
    ["Close", "Fermer"],
    ["Collapse sidebar", "Replier les filtres"],
    ["Connecting...", "Connexion…"],
    ["Dismiss", "Fermer"],
    ["Expand sidebar", "Déplier les filtres"],
    ["Main menu", "Menu"],
    ["Next page", "Page suivante"],
    ["No results", "Aucun résultat"],
    ["Notifications", "Messages"],
    ["Open", "Ouvrir"],
    ["Pagination", "Pages de la liste"],
    ["Previous page", "Page précédente"],
    ["Running...", "En cours…"],
    ["Selected values", "Valeurs choisies"],
    ["Sidebar", "Filtres"],
    ["Skip to main content", "Aller au contenu"],
    ["Stop", "Arrêter"],
  ]);
  const NAMES = ["aria-label", "placeholder", "title"];

  function french(text) {
    return (
      FRENCH.get(text) ??
      text
        .replace(/^Remove (.+)$/, "Retirer $1")
        .replace(/^(\d+) options? available\.$/, "$1 choix possibles.")
    );
  }

  function translateAttribute(element, name) {
    const text = element.getAttribute(name);
    const translated = text && french(text);
    if (translated !== text) element.setAttribute(name, translated);
  }

  function translate(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      // The data are shown inside these; Streamlit's own words stand outside.
      if (node.parentElement?.closest('[data-testid="stMarkdownContainer"], .stHtml, table')) return;
      const translated = french(node.data);
      if (translated !== node.data) node.data = translated;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of NAMES) translateAttribute(node, name);
      for (const child of node.childNodes) translate(child);
      if (node.matches(".fiche")) show(node);
    }
  }

  /* A sheet that opens takes the focus; on a phone it comes into view. */
  function show(sheet) {
    const title = sheet.querySelector("h2");
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: innerWidth > 640 });
  }

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes") translateAttribute(change.target, change.attributeName);
      else if (change.type === "characterData") translate(change.target);
      else change.addedNodes.forEach(translate);
    }
  }).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: NAMES,
  });
})();
