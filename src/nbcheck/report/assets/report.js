// What a reader can do without: keys to jump, a choice of light or dark, the slider between two pictures.
"use strict";
for (const part of document.querySelectorAll(".scripted")) part.hidden = false;

const root = document.documentElement;
const KEY = "nbcheck-theme";
// Storage is refused where a page is shown in a sandbox, as artifact viewers do.
try {
  const stored = localStorage.getItem(KEY);
  if (stored) root.dataset.theme = stored;
} catch { /* the system's choice holds */ }
document.getElementById("theme").addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  try { localStorage.setItem(KEY, root.dataset.theme); } catch { /* it holds for this page */ }
});

const failures = [...document.querySelectorAll("[data-failure]")];
function jump(step) {
  // What was jumped to stands below the header, 64 pixels from the top.
  const tops = failures.map((failure) => failure.getBoundingClientRect().top);
  const index = step > 0 ? tops.findIndex((top) => top > 68) : tops.findLastIndex((top) => top < 60);
  const found = failures[index];
  if (!found) return;
  found.scrollIntoView({ block: "start" });
  found.tabIndex = -1;
  found.focus({ preventScroll: true });
}
document.getElementById("later").addEventListener("click", () => jump(1));
document.getElementById("earlier").addEventListener("click", () => jump(-1));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "j" || event.key === "n") jump(1);
  if (event.key === "k" || event.key === "p") jump(-1);
});

document.addEventListener("input", (event) => {
  if (event.target.classList.contains("swipe-at")) {
    event.target.closest(".pictures").style.setProperty("--at", `${event.target.value}%`);
  }
});
