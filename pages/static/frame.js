/* Around every page: a quick way out, and one single entry in the browser's history. */
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
})();
