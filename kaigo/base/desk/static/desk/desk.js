// Keys and care for what is typed. Every page works without this file.
"use strict";
(() => {
  const typing = (t) => t.closest("input, textarea, select, [contenteditable]") !== null;

  // -- lists: arrows move, Enter opens the row's first link ------------------------------------------------
  const rows = () => [...document.querySelectorAll("table.data tbody tr")].filter((r) => r.querySelector("a[href]"));
  const move = (step) => {
    const all = rows();
    if (!all.length) return false;
    const here = all.findIndex((r) => r.contains(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    if (next < 0 || next >= all.length) return false;
    all[next].querySelector("a[href]").focus();
    return true;
  };

  // -- keys: single keys and two keys one after the other; off when the person switched them off ---------------
  let before = "", beforeAt = 0;
  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.keys !== "on") return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const key = event.key;
    if (key === "/") {
      const box = document.getElementById("search-words");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
      return;
    }
    if ((key === "ArrowDown" || key === "ArrowUp") && document.activeElement.closest("table.data")) {
      if (move(key === "ArrowDown" ? 1 : -1)) event.preventDefault();
      return;
    }
    if (key.length !== 1) return;
    const pair = event.timeStamp - beforeAt < 1500 ? before + key : key;
    const target = document.querySelector(`[data-key="${CSS.escape(pair)}"]`)
      || document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    before = key; beforeAt = event.timeStamp;
    if (target) { before = ""; event.preventDefault(); target.click(); return; }
    if (key === "b" && history.length > 1) history.back();
    if (key === "j") { if (move(1)) event.preventDefault(); }
  });

  // -- forms: leaving unsaved work asks; a second click does not act twice -------------------------------------
  let unsaved = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form.form:not(.login)")) unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent === "yes") { event.preventDefault(); return; }
    unsaved = false;
    if (event.target.method !== "post") return;
    event.target.dataset.sent = "yes";
    // An answer that is a file leaves the page as it is: after a while the form may be sent again.
    setTimeout(() => delete event.target.dataset.sent, 5000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  // -- paper shows what the screen folds ---------------------------------------------------------------------------
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((d) => { d.open = true; d.dataset.folded = "yes"; });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-folded]").forEach((d) => { d.open = false; delete d.dataset.folded; });
  });

  // -- a table that scrolls sideways on a phone can be scrolled with keys too ---------------------------------
  const reach = () => document.querySelectorAll("table.data, .scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0; else box.removeAttribute("tabindex");
  });
  reach();
  window.addEventListener("resize", reach);

  document.querySelector(".errors")?.focus();
})();
