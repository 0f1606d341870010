// Keys for people who work here all day. Every page works without this file.
(() => {
  "use strict";
  const typing = (e) => e.target.matches("input, select, textarea, [contenteditable]");
  let row = -1;
  let armed = 0;
  const rows = () => [...document.querySelectorAll("main table.data tbody tr")].filter((r) => r.querySelector("a"));
  const choose = (place) => {
    const all = rows();
    if (!all.length) return;
    row = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((r, n) => r.classList.toggle("chosen", n === row));
    all[row].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (e) => {
    if (typing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
    const all = rows();
    if (e.key === "/") { document.getElementById("find")?.focus(); e.preventDefault(); }
    else if (e.key === "ArrowDown" && all.length) { choose(row + 1); e.preventDefault(); }
    else if (e.key === "ArrowUp" && row >= 0) { choose(row - 1); e.preventDefault(); }
    else if (e.key === "Enter" && row >= 0 && e.target === document.body) all[row].querySelector("a").click();
    else if (e.key === "b") history.back();
    else if (e.key === "k") armed = Date.now();
    else if ((e.key === "t" || e.key === "m") && Date.now() - armed < 1500) {
      document.querySelector(`[data-key="k${e.key}"]`)?.click();
    }
  });
  // Leaving a form with unsaved work asks first.
  let changed = false;
  document.querySelectorAll("form.form").forEach((form) => {
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
  });
  addEventListener("beforeunload", (e) => { if (changed) e.preventDefault(); });
})();
