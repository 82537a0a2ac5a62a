/* The link of a service: what follows the `#` is sent in a request's body, and leaves the address. */
import "./frame.mjs";

send(location.href);
// The link pasted where this page is already open: `frame.mjs` has put the address back by now.
addEventListener("hashchange", ({ newURL }) => send(newURL));

/** @param {string} href */
function send(href) {
  const link = new URL(href).hash.slice(1);
  const form = document.querySelector("main form");
  const field = form?.querySelector("input[name=lien]");
  if (!link || !(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return;
  history.replaceState(null, "", location.pathname);
  field.value = link;
  form.submit();
}
