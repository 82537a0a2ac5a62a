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
    ["Accounting", "Comptable"],
    ["Add files", "Choisir un autre fichier"],
    ["App pages", "Pages"],
    ["Automatic", "Automatique"],
    ["Autosize", "Ajuster la largeur"],
    ["Average", "Moyenne"],
    ["Average length", "Longueur moyenne"],
    ["Choose an option", "Choisir"],
    ["Clear all", "Tout retirer"],
    ["Clear entry", "Effacer"],
    ["Clear value", "Effacer"],
    ["Close", "Fermer"],
    ["Close Search", "Fermer la recherche"],
    ["Collapse sidebar", "Replier les filtres"],
    ["Compact", "Abrégé"],
    ["Connecting...", "Connexion…"],
    ["Copy column name", "Copier le nom de la colonne"],
    ["Count", "Nombre"],
    ["Dataframe column menu", "Menu de la colonne"],
    ["Dismiss", "Fermer"],
    ["Distinct", "Valeurs distinctes"],
    ["Dollar", "Dollars"],
    ["Drag and drop a file here", "Déposer un fichier ici"],
    ["Duration", "Durée"],
    ["Empty", "Vides"],
    ["Euro", "Euros"],
    ["Expand sidebar", "Déplier les filtres"],
    ["Hide column", "Masquer la colonne"],
    ["Link to heading", "Lien vers ce titre"],
    ["Localized", "À la française"],
    ["Main menu", "Menu"],
    ["Maximum length", "Longueur maximale"],
    ["Median", "Médiane"],
    ["Minimum length", "Longueur minimale"],
    ["Next Result", "Résultat suivant"],
    ["Next page", "Page suivante"],
    ["No results", "Aucun résultat"],
    ["Notifications", "Messages"],
    ["Open", "Ouvrir"],
    ["Pagination", "Pages de la liste"],
    ["Percent", "Pourcentage"],
    ["Pin column", "Figer la colonne"],
    ["Plain", "Sans séparateur"],
    ["Previous Result", "Résultat précédent"],
    ["Previous page", "Page précédente"],
    ["Range", "Tranche"],
    ["Running...", "En cours…"],
    ["Scientific", "Scientifique"],
    ["Selected values", "Valeurs choisies"],
    ["Sidebar", "Filtres"],
    ["Skip to main content", "Aller au contenu"],
    ["Sort ascending", "Trier par ordre croissant"],
    ["Sort descending", "Trier par ordre décroissant"],
    ["Standard deviation", "Écart type"],
    ["Statistics", "Statistiques"],
    ["Stop", "Arrêter"],
    ["Sum", "Somme"],
    ["Type to search", "Taper pour chercher"],
    ["Unpin column", "Libérer la colonne"],
    ["Upload", "Choisir un fichier"],
    ["Values", "Valeurs"],
    ["Vega visualization", "Répartition"],
    ["Yen", "Yens"],
    ["25th percentile", "1er quartile"],
    ["75th percentile", "3e quartile"],
    ["Error:", "Erreur :"],
    ["add icon", "Ajouter"],
    ["file upload", "Choisir un fichier"],
    ["number", "nombre"],
    ["text", "texte"],
  ]);
  const NAMES = ["aria-label", "placeholder", "title"];

  function french(text) {
    return (
      FRENCH.get(text) ??
      text
        .replace(/^Remove (.+)$/, "Retirer $1")
        .replace(/^Help for (.+)$/, "Aide : $1")
        .replace(/^(\d+) options? available\.$/, "$1 choix possibles.")
        .replace(/^(\d+) of (\d+) results?$/, "$1 sur $2")
        .replace(/^(\d+) result(s?)$/, "$1 résultat$2")
        .replace(/^Top values frequency chart: /, "Valeurs les plus fréquentes : ")
        .replace(/^binStart: .*; Range: (.+); Count: (\d+)$/, "$1 : $2")
        .replace(/^(\d+)MB per file/, "$1 Mo par fichier")
        .replace(/(^|, )(\d+)\.(\d)([KM]?)B$/, "$1$2,$3 $4o")
        .replace(/^(\S+) files are not allowed\.$/, "Ce fichier n’est pas accepté : $1.")
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
      const parent = node.parentElement;
      const data = parent?.closest('[data-testid="stMarkdownContainer"], .stHtml, table');
      if (data && !parent.closest('[data-testid="stFileUploaderDropzone"]')) return;
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

  /* The place chosen takes the focus from what chose it, which is gone; its field, from *Changer*. */
  let awaited = null;
  addEventListener(
    "click",
    (event) => {
      const choice = event.target.closest?.('[class*="st-key-depart_"] button');
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
    if (next.tagName === "P") next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }

  /* Many buttons say the same: each is named after the service of its line. */
  function nameButtons() {
    const places = '[class*="st-key-ajouter_"], [class*="st-key-retirer_"]';
    for (const button of document.querySelectorAll(`:is(${places}) button`)) {
      const line = button.closest(".stHorizontalBlock:not(:has(> .stColumn))");
      const service = line?.querySelector("p") ?? document.querySelector(".fiche h2");
      const name = `${button.textContent} : ${service?.textContent}`;
      if (service && button.getAttribute("aria-label") !== name) button.ariaLabel = name;
    }
  }

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes") translateAttribute(change.target, change.attributeName);
      else if (change.type === "characterData") translate(change.target);
      else change.addedNodes.forEach(translate);
    }
    followQuestion();
    nameButtons();
  }).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: NAMES,
  });
})();
