/*
The call bar: Alt and a letter press its buttons wherever the hand is, also in a field; single keys and F keys stay the page's.
It looks again by itself while it is seen. No open stream: a browser allows six to one server, and a clerk has many pages open.
*/
(function () {
  "use strict";
  var EVERY = 10000, hadFocus = false;
  function bar() { return document.getElementById("callbar"); }
  function look() { if (bar() && document.visibilityState === "visible" && window.htmx) { window.htmx.trigger(bar(), "look"); } }

  document.addEventListener("keydown", function (event) {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat || !/^Key[A-Z]$/.test(event.code)) { return; }
    var button = bar() && bar().querySelector('[data-alt="' + event.code.slice(3) + '"]');
    if (button) { event.preventDefault(); button.form.requestSubmit(); }
  });

  /* Whoever pressed a button of the bar finds the next one under the hand; whoever types elsewhere is left there. */
  document.addEventListener("htmx:beforeSwap", function (event) { hadFocus = event.detail.target === bar() && bar().contains(document.activeElement); });
  document.addEventListener("htmx:afterSwap", function () {
    var button = hadFocus && bar() && bar().querySelector(".btn-primary");
    hadFocus = false;
    if (button) { button.focus(); }
  });
  function sorry(event, words) {
    var said = bar() && bar().contains(event.target) && bar().querySelector("[role=status]");
    if (said) { said.textContent = words; said.className = "said late"; }
  }
  document.addEventListener("htmx:sendError", function (event) { sorry(event, "连不上服务器，没有叫成。请再按一次；同一次按键只算一次。"); });
  /* 503 and 507 come with a sentence of their own: the database is away, or there is no room. */
  document.addEventListener("htmx:responseError", function (event) {
    var answer = event.detail.xhr, isTold = answer.status === 503 || answer.status === 507;
    sorry(event, isTold ? answer.responseText : "程序出了差错，没有叫成。请刷新页面看看现在是几号。");
  });
  /* What the keyboard comes to is scrolled clear of the bar, however many rows its buttons take. */
  function clear() { document.documentElement.style.scrollPaddingBottom = bar() && !bar().hidden ? bar().offsetHeight + 12 + "px" : ""; }
  document.addEventListener("htmx:afterSwap", clear);
  window.addEventListener("resize", clear);
  clear();
  document.addEventListener("visibilitychange", look);
  setInterval(look, EVERY);
})();
