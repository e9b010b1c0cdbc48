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
