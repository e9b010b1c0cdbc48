/* The big screen: every call is shown and spoken once, in order, also after the line was cut. Times and order come from the server. */
(function () {
  "use strict";
  var screen = document.querySelector(".screen"), live = document.querySelector("[data-live]");
  var waiting = [], heard = Number(live.firstElementChild.dataset.last) || 0, isSpeaking = false, sound = null;
  var PAUSE = 1200, ONE_BY_ONE = { "0": "零", "1": "一", "2": "二", "3": "三", "4": "四", "5": "五", "6": "六", "7": "七", "8": "八", "9": "九" };

  function clock() {
    var now = new Date(), days = "日一二三四五六";
    document.querySelector("[data-clock]").textContent = ("0" + now.getHours()).slice(-2) + ":" + ("0" + now.getMinutes()).slice(-2);
    document.querySelector("[data-day]").textContent = (now.getMonth() + 1) + "月" + now.getDate() + "日 星期" + days[now.getDay()];
  }

  function words(call) {
    return "请 " + call.label.replace(/\d/g, function (digit) { return ONE_BY_ONE[digit]; }) + " 号，到 " + call.window + " 号窗口";
  }

  function chime() {
    if (!sound) { return; }
    [660, 880].forEach(function (pitch, place) {
      var tone = sound.createOscillator(), loud = sound.createGain(), start = sound.currentTime + place * 0.25;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.25, start);
      loud.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(loud);
      loud.connect(sound.destination);
      tone.start(start);
      tone.stop(start + 0.5);
    });
  }

  function mandarin() {
    if (!window.speechSynthesis) { return null; }
    return speechSynthesis.getVoices().filter(function (voice) { return /^zh|cmn/i.test(voice.lang); })[0] || null;
  }

  /* Where the browser has no voice of ours, the chime and the caption remain. */
  function speak(call, done) {
    var voice = mandarin(), isDone = false;
    function once() { if (!isDone) { isDone = true; done(); } }
    chime();
    if (!voice || !sound) { setTimeout(once, 3000); return; }
    var said = new SpeechSynthesisUtterance(words(call));
    said.voice = voice;
    said.lang = voice.lang;
    said.rate = 0.9;
    said.onend = said.onerror = once;
    setTimeout(once, 12000);
    setTimeout(function () { speechSynthesis.speak(said); }, 700);
  }

  function show(call) {
    var now = live.querySelector(".now");
    now.innerHTML = "";
    [["p", "", "请"], ["p", "label", call.label], ["p", "", ""]].forEach(function (part) {
      var line = document.createElement(part[0]);
      line.className = part[1];
      line.textContent = part[2];
      now.appendChild(line);
    });
    var where = document.createElement("b");
    where.textContent = call.window;
    now.lastChild.append("到 ", where, " 号窗口");
    now.classList.remove("fresh");
    void now.offsetWidth;
    now.classList.add("fresh");
    screen.dataset.shown = String(call.id);
    (window.yimenShown = window.yimenShown || []).push(call);
  }

  function next() {
    if (isSpeaking || !waiting.length) { return; }
    isSpeaking = true;
    var call = waiting.shift();
    show(call);
    speak(call, function () { setTimeout(function () { isSpeaking = false; refresh(); next(); }, PAUSE); });
  }

  /* The lines and windows; the call that is being spoken stays until it is spoken. */
  function refresh() {
    fetch(screen.dataset.board, { cache: "no-store" }).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (html) {
      if (!html) { return; }
      var fresh = document.createElement("div");
      fresh.innerHTML = html;
      if (isSpeaking || waiting.length) { fresh.querySelector(".now").replaceWith(live.querySelector(".now")); }
      live.replaceChildren(fresh.firstElementChild);
    }).catch(function () { /* the stream says that the line is cut */ });
  }

  function listen() {
    var source = new EventSource(screen.dataset.stream + "?after=" + heard), cut = document.querySelector("[data-cut]");
    source.addEventListener("open", function () { cut.hidden = true; });
    source.addEventListener("error", function () {
      cut.hidden = false;
      if (source.readyState === EventSource.CLOSED) { setTimeout(listen, 3000); }
    });
    source.addEventListener("call", function (event) {
      var id = Number(event.lastEventId);
      if (id <= heard) { return; }
      heard = id;
      var call = JSON.parse(event.data);
      call.id = id;
      waiting.push(call);
      refresh();
      next();
    });
  }

  var start = document.querySelector("[data-start]");
  start.addEventListener("click", function () {
    sound = new (window.AudioContext || window.webkitAudioContext)();
    start.hidden = true;
    chime();
  });
  clock();
  setInterval(clock, 5000);
  setInterval(refresh, 15000);
  listen();
})();
