/* Read the page aloud, where the telephone can. */
(function () {
  "use strict";
  var button = document.querySelector("[data-say]");
  if (!button || !window.speechSynthesis) { return; }
  button.hidden = false;
  button.addEventListener("click", function () {
    window.speechSynthesis.cancel();
    var words = new SpeechSynthesisUtterance(document.querySelector("main").innerText + "。" + document.querySelector("footer").innerText);
    words.lang = "zh-CN";
    words.rate = 0.85;
    window.speechSynthesis.speak(words);
  });
})();

/* A photo is sent as soon as it is taken; without script the button does it. */
(function () {
  "use strict";
  document.querySelectorAll("[data-send-photo]").forEach(function (form) {
    var button = form.querySelector("[data-send]");
    button.hidden = true;
    form.querySelector("input[type=file]").addEventListener("change", function () {
      if (this.files.length) { button.hidden = false; button.textContent = "正在传…"; form.submit(); }
    });
  });
})();
