/* What the theme leaves undone for keyboards and screen readers; figures that can be enlarged. */
(function () {
  "use strict";
  // From disk no page may read another, which the summaries of a search would: it finds without them.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  function mend() {
    // The spoken name of a button must hold the words that are seen on it.
    for (const button of document.querySelectorAll(".search-button-field, .search-button")) {
      const seen = button.textContent.replace(/\s+/g, " ").trim();
      const said = button.getAttribute("aria-label") || "";
      if (seen && !said.toLowerCase().includes(seen.toLowerCase())) button.setAttribute("aria-label", seen);
    }
    // The icons of a button that has a name are not read out; Font Awesome puts them in late.
    for (const button of document.querySelectorAll("button[aria-label]:not([data-icons-hidden])")) {
      button.dataset.iconsHidden = "";
      const hide = () => {
        for (const icon of button.querySelectorAll("svg:not([aria-hidden=true])")) {
          icon.setAttribute("aria-hidden", "true");
          for (const title of icon.querySelectorAll("title")) title.remove();
        }
      };
      hide();
      new MutationObserver(hide).observe(button, { childList: true, subtree: true });
    }
    // What opens and closes says what: the words on it, or the chapter whose pages it shows.
    for (const summary of document.querySelectorAll("summary")) {
      if (summary.textContent.trim()) summary.removeAttribute("aria-label");
      else {
        const chapter = summary.closest("li")?.querySelector("a");
        summary.setAttribute("aria-label", `Pages of ${chapter ? chapter.textContent.trim() : "this chapter"}`);
      }
    }
    // The references are a list, and its children its items.
    for (const item of document.querySelectorAll("[role=list].citation-list > *")) item.setAttribute("role", "listitem");
    // "7.38 ± 0.33" is not broken at its sign.
    for (const cell of document.querySelectorAll("table.dataframe td"))
      cell.classList.toggle("short", cell.textContent.trim().length <= 20);
    // Nor is what a row is called, unless the table holds sentences and needs the room.
    for (const table of document.querySelectorAll("table.dataframe")) {
      const wordy = table.querySelector("td:not(.short)") !== null;
      for (const cell of table.querySelectorAll("tbody th"))
        cell.classList.toggle("short", !wordy && cell.textContent.trim().length <= 45);
    }
    reach();
  }
  // What can be scrolled sideways must be reached by the keyboard; what cannot, need not.
  function reach() {
    const wide = "mjx-container[display=true], .cell_output, .output, div.highlight pre, .pst-scrollable-table-container, .bd-article .sig, .math-wrapper, .bd-article figure, .bd-article p:has(> img)";
    for (const node of document.querySelectorAll(wide)) {
      const style = getComputedStyle(node);
      const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) &&
        (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1);
      if (scrolls) node.setAttribute("tabindex", "0");
      else if (node.getAttribute("tabindex") === "0" && !node.matches("pre")) node.removeAttribute("tabindex");
    }
  }
  // A click, or Enter, shows a figure as large as the window, at least as large as it was drawn; Escape closes it.
  function enlarge() {
    const dialog = document.createElement("dialog");
    dialog.className = "figure-large";
    dialog.setAttribute("aria-label", "Figure, enlarged");
    dialog.innerHTML = '<button type="button" aria-label="Close">✕</button><div tabindex="0" role="group" aria-label="Figure"><img></div>';
    document.body.append(dialog);
    dialog.addEventListener("click", () => dialog.close());
    for (const image of document.querySelectorAll(".bd-article :is(.cell_output, figure, p) img")) {
      if (image.closest("a, button, .glass-stage")) continue;
      image.tabIndex = 0;
      image.setAttribute("role", "button");
      image.setAttribute("aria-label", `${image.alt} Enlarge.`);
      image.title = "Enlarge";
      const drawn = () => {
        if (image.naturalWidth && !image.src.endsWith(".svg")) image.style.setProperty("--drawn", `${image.naturalWidth / 2}px`);
      };
      drawn();
      image.addEventListener("load", drawn);
      const show = () => {
        const large = dialog.querySelector("img");
        large.src = image.currentSrc || image.src;
        large.alt = image.alt;
        const { naturalWidth: width, naturalHeight: height } = image;
        const fits = Math.min(0.96 * innerWidth, (0.94 * innerHeight * width) / height);
        large.style.width = `${Math.min(width, Math.max(0.75 * width, fits))}px`; // saved at twice its size; a tall one scrolls
        dialog.showModal();
      };
      image.addEventListener("click", show);
      image.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); }
      });
    }
  }
  document.addEventListener("DOMContentLoaded", () => { mend(); enlarge(); });
  window.addEventListener("load", async () => {
    if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
    mend();
  });
  let waiting;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(reach, 200); });
})();
