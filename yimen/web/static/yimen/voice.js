/* The voice of a hall: a chime, then Mandarin from a voice on this machine, or joined clips where there is none. One at a time. */
(function () {
  "use strict";
  var LONGEST = 12000, AFTER_CHIME = 700, BETWEEN = 0.04;
  var DIGITS = "零一二三四五六七八九", sound = null, clips = {};

  /* 1 一, 12 十二, 30 三十; from 100 on digit by digit. */
  function counted(number) {
    var ones = number % 10, tens = (number - ones) / 10;
    if (number > 99) { return String(number).split(""); }
    return (tens > 1 ? [String(tens)] : []).concat(tens ? ["ten"] : [], ones || !tens ? [String(ones)] : []);
  }

  function words(call) {
    var label = call.label.replace(/\d/g, function (digit) { return DIGITS[digit]; }).replace(/^([A-Z]+)/, "$1，");
    var where = counted(call.window).map(function (part) { return part === "ten" ? "十" : DIGITS[part]; }).join("");
    return "请，" + label + "号，到" + where + "号窗口。";
  }

  function pieces(call) {
    function named(part) { return part === "ten" ? part : /\d/.test(part) ? "digit-" + part : "letter-" + part.toLowerCase(); }
    return ["please"].concat(call.label.split("").map(named), ["number", "to"], counted(call.window).map(named), ["window"]);
  }

  /* Only a voice that is on this machine: one from the internet falls silent when the line does. */
  function mandarin() {
    if (!window.speechSynthesis) { return null; }
    return speechSynthesis.getVoices().filter(function (voice) { return /^(zh(-|_|$)(?!hk|tw)|cmn)/i.test(voice.lang) && voice.localService !== false; })[0] || null;
  }

  function chime() {
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

  /* Fetched once, at the beginning: they must be there when the server is not. */
  function load(addresses) {
    Object.keys(addresses).forEach(function (name) {
      fetch(addresses[name]).then(function (answer) { return answer.arrayBuffer(); }).then(function (data) { return sound.decodeAudioData(data); })
        .then(function (clip) { clips[name] = clip; }).catch(function () { /* the chime and the number on the screen remain */ });
    });
  }

  function join(names, done) {
    var at = sound.currentTime + 0.05;
    if (!names.every(function (name) { return clips[name]; })) { setTimeout(done, 2000); return; }
    names.forEach(function (name) {
      var source = sound.createBufferSource();
      source.buffer = clips[name];
      source.connect(sound.destination);
      source.start(at);
      at += clips[name].duration + BETWEEN + (/number|please/.test(name) ? 0.15 : 0);
    });
    setTimeout(done, (at - sound.currentTime) * 1000);
  }

  function speak(call, voice, done, failed) {
    var said = new SpeechSynthesisUtterance(words(call));
    said.voice = voice;
    said.lang = voice.lang;
    said.rate = 0.85;
    said.onend = done;
    said.onerror = failed;
    speechSynthesis.speak(said);
  }

  /* Say a call once and tell when it is over, whatever the voice does. */
  function say(call, done) {
    var isDone = false, voice = mandarin();
    function once() { if (!isDone) { isDone = true; clearTimeout(longest); done(); } }
    function cut() { if (voice) { speechSynthesis.cancel(); } once(); }
    function joined() { if (!isDone) { join(pieces(call), once); } }
    var longest = setTimeout(cut, LONGEST);
    if (!sound || sound.state !== "running") { setTimeout(once, 2500); return; }
    chime();
    setTimeout(function () { if (voice) { speak(call, voice, once, joined); } else { joined(); } }, AFTER_CHIME);
  }

  /* Browsers let a page sound only after a touch, or where the box was set up for it; `ready` is told once it may. */
  function open(addresses, ready) {
    sound = new (window.AudioContext || window.webkitAudioContext)();
    load(addresses);
    function look() { if (sound.state === "running") { ready(); } }
    sound.addEventListener("statechange", look);
    look();
  }

  window.yimenVoice = { open: open, touch: function () { sound.resume().then(chime); }, say: say, words: words, pieces: pieces };
})();
