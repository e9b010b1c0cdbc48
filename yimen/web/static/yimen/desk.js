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

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    var isFunctionKey = /^F\d+$/.test(event.key);
    if (isTyping(document.activeElement) && !isFunctionKey) {
      if (event.key === "Escape") { document.activeElement.blur(); }
      return;
    }
    var key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    var found = document.querySelector('[data-key="' + CSS.escape(key) + '"]');
    if (found) { press(found, event); }
  });

  /* After a part of the page was exchanged, the hand stays where it was: in the field that says it wants the focus. */
  document.addEventListener("htmx:afterSettle", function (event) {
    var wanted = event.detail.elt.querySelector("[data-focus]");
    if (wanted) { wanted.focus(); if (wanted.select) { wanted.select(); } }
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) { window.print(); }
  });

  document.addEventListener("change", function (event) {
    if (event.target.type === "file") {
      var said = document.querySelector('[data-file-of="' + event.target.id + '"]');
      if (said && event.target.files.length) { said.textContent = event.target.files[0].name; }
    }
    if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit(); }
  });
})();
