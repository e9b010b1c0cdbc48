/* The kiosk: back to the start when nobody touches it, a reader that types is always heard, keys for a finger, read aloud. */
(function () {
  "use strict";
  var kiosk = document.querySelector("[data-kiosk]"), seconds = Number(kiosk.dataset.seconds), timer = 0;
  var isEnglish = kiosk.dataset.voice === "en";

  function again() {
    clearTimeout(timer);
    if (kiosk.dataset.step === "start" && !isEnglish) { return; }
    timer = setTimeout(function () { location.replace(kiosk.dataset.start); }, seconds * 1000);
  }
  ["pointerdown", "keydown", "input"].forEach(function (name) { document.addEventListener(name, again, true); });
  again();

  /* The code of the hall changes while it hangs there. */
  var door = document.querySelector("[data-here]");
  if (door) {
    setInterval(function () {
      fetch(door.dataset.here, { cache: "no-store" }).then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; }).then(function (html) {
        if (html) { door.innerHTML = html; }
      }).catch(function () { /* the next time */ });
    }, 20000);
  }

  var typed = document.querySelector("[data-keep-focus]");
  if (typed) {
    typed.focus();
    document.addEventListener("pointerup", function () { setTimeout(function () { if (!document.activeElement || document.activeElement === document.body) { typed.focus(); } }, 0); });
    document.querySelectorAll("[data-keys-of]").forEach(function (keys) {
      keys.hidden = false;
      keys.addEventListener("click", function (event) {
        var button = event.target.closest("button");
        if (!button) { return; }
        typed.value = button.dataset.type ? typed.value + button.dataset.type : typed.value.slice(0, -1);
        typed.focus();
      });
    });
    typed.form.addEventListener("submit", function (event) {
      if (!typed.value.trim()) { event.preventDefault(); typed.focus(); }
    });
  }

  var next = document.querySelector("[data-unsure]");
  if (next) {
    var say = function () { next.textContent = document.querySelector("input[name=matter]:checked") ? next.dataset.next : next.dataset.unsure; };
    document.addEventListener("change", say);
    say();
  }
  document.querySelectorAll("form").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      setTimeout(function () { if (!event.defaultPrevented) { form.dataset.sent = "1"; } }, 0);
    });
  });

  var button = document.querySelector("[data-say]");
  function read() {
    window.speechSynthesis.cancel();
    var words = new SpeechSynthesisUtterance(document.querySelector("main").innerText.replace(/([A-Z])(\d+)/g, function (_, letter, digits) { return letter + " " + digits.split("").join(" "); }));
    words.lang = isEnglish ? "en-US" : "zh-CN";
    words.rate = 0.85;
    window.speechSynthesis.speak(words);
  }
  if (window.speechSynthesis) {
    button.hidden = false;
    button.addEventListener("click", function () { sessionStorage.setItem("aloud", "1"); read(); });
    /* Whoever asked once is read to until the page begins anew. */
    if (kiosk.dataset.step === "start") { sessionStorage.removeItem("aloud"); } else if (sessionStorage.getItem("aloud")) { read(); }
  }
})();
