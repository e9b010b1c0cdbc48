/* The keyboard at the desk. A key does what the element that names it would do when clicked; nothing is hidden behind a key. */
(function () {
  "use strict";

  function isTyping(element) {
    return element && !isChoice(element) && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);
  }

  function isChoice(element) {
    return element.tagName === "INPUT" && /^(radio|checkbox)$/.test(element.type);
  }

  function press(element, event) {
    event.preventDefault();
    if (isChoice(element)) { element.click(); element.focus(); return; }
    if (isTyping(element)) { element.focus(); if (element.select) { element.select(); } return; }
    if (element.tagName === "DETAILS") {
      element.open = true;
      var field = element.querySelector("input:not([type=hidden]), textarea, select");
      if (field) { field.focus(); }
      return;
    }
    element.click();
  }

  /* Whoever speaks to the computer, or rests a hand on the keys, can turn the single keys off; the desk remembers it. */
  function areKeysOn() { return localStorage.getItem("yimen-keys") !== "off"; }

  function showKeys() {
    document.documentElement.classList.toggle("no-keys", !areKeysOn());
    document.querySelectorAll("[data-keys]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(areKeysOn()));
      button.querySelector("[data-keys-state]").textContent = areKeysOn() ? "开" : "关";
    });
  }

  /* The arrows walk from row to row of a list; Enter opens, as on every link. */
  function walk(event) {
    var links = Array.prototype.slice.call(document.querySelectorAll("td a.go"));
    var next = links[links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next || !document.querySelector(".row-keys") || isChoice(document.activeElement)) { return; }
    event.preventDefault();
    next.focus();
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    var isFunctionKey = /^F\d+$/.test(event.key);
    var isSearching = document.activeElement.name === "text" && event.key === "ArrowDown";
    if (isTyping(document.activeElement) && !isFunctionKey && !isSearching) {
      if (event.key === "Escape") { document.activeElement.blur(); }
      return;
    }
    if (!isFunctionKey && !areKeysOn()) { return; }
    if (/^Arrow(Up|Down)$/.test(event.key)) { walk(event); return; }
    var key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    var found = document.querySelector('[data-key="' + CSS.escape(key) + '"]');
    if (found) { press(found, event); }
  });

  /* After a part of the page was exchanged, the hand stays where it was: in the field that says it wants the focus. */
  document.addEventListener("htmx:afterSettle", function (event) {
    var wanted = event.detail.elt.querySelector("[data-focus]");
    if (wanted) { wanted.focus(); if (wanted.select) { wanted.select(); } }
  });

  /* A part that asks again by itself waits while a hand is in it, or something of it is unfolded. */
  document.addEventListener("htmx:beforeSwap", function (event) {
    var part = event.detail.target;
    if (part.matches("[data-calm]") && (part.contains(document.activeElement) || part.querySelector("details[open]"))) { event.detail.shouldSwap = false; }
  });

  /* Paper has no folds: what is folded opens for the printer, and closes behind it. */
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll(".group details:not([open])").forEach(function (fold) { fold.open = true; fold.dataset.folded = ""; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-folded]").forEach(function (fold) { fold.open = false; delete fold.dataset.folded; });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) { window.print(); }
    if (event.target.closest("[data-keys]")) {
      localStorage.setItem("yimen-keys", areKeysOn() ? "off" : "on");
      showKeys();
    }
  });

  /* An unfolded menu closes when one looks elsewhere. */
  function foldMenu(keep) {
    document.querySelectorAll(".bar .more[open]").forEach(function (menu) {
      if (menu.contains(keep)) { return; }
      menu.open = false;
    });
  }
  document.addEventListener("click", function (event) { foldMenu(event.target); });
  document.addEventListener("focusin", function (event) { foldMenu(event.target); });
  document.addEventListener("keydown", function (event) {
    var menu = document.querySelector(".bar .more[open]");
    if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  /* On a telephone the list comes first: what narrows it folds behind a button. Without a script it all stands there. */
  function foldFilters(form, nth) {
    if (form.querySelectorAll("select, input:not([type=hidden])").length < 3) { return; }
    var button = document.createElement("button");
    form.id = form.id || "filters-" + nth;
    button.type = "button";
    button.className = "btn btn-plain fold";
    button.textContent = "筛选、排序";
    button.setAttribute("aria-controls", form.id);
    function show(isShown) {
      form.hidden = !isShown;
      button.setAttribute("aria-expanded", String(isShown));
    }
    button.addEventListener("click", function () { show(form.hidden); });
    show(false);
    form.parentNode.insertBefore(button, form);
  }
  if (window.matchMedia("(max-width: 900px)").matches) {
    document.querySelectorAll("form.filters:not(.seek)").forEach(foldFilters);
  }

  document.addEventListener("change", function (event) {
    if (event.target.type === "file") {
      var said = document.querySelector('[data-file-of="' + event.target.id + '"]');
      if (said && event.target.files.length) { said.textContent = event.target.files[0].name; }
    }
    var kind = event.target.closest(".kind");
    if (kind) { kind.querySelector("input[type=radio]").checked = true; }
    if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit(); }
  });
  var here = document.querySelector(".bar nav [aria-current]");
  if (here) { here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - 48; }
  showKeys();
})();
