/* The big screen: every call is shown and spoken once, in order, also after the line was cut. Times and order come from the server. */
(function () {
  "use strict";
  var PAUSE = 900, TOO_LATE = 300, REFRESH = 10000, TURN = 12000, ROWS = 8, SILENCE = 45000;
  var screen = document.querySelector(".screen"), live = document.querySelector("[data-live]"), cut = document.querySelector("[data-cut]");
  var isSilent = screen.hasAttribute("data-silent"), store = "yimen-spoken-" + screen.dataset.venue;
  var waiting = [], known = {}, isSpeaking = false, ahead = 0, turn = -1, newest = 0, source = null, isCut = false, beat = 0;

  function board() { return live.firstElementChild; }

  /* The clock of the server, for that of the box behind the screen is often wrong. */
  function set() { ahead = Number(board().dataset.now) - Date.now(); clock(); }
  function clock() {
    var now = new Date(Date.now() + ahead), there = { timeZone: "Asia/Shanghai" };
    document.querySelector("[data-clock]").textContent = now.toLocaleTimeString("zh-CN", Object.assign({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, there));
    document.querySelector("[data-day]").textContent = now.toLocaleDateString("zh-CN", Object.assign({ month: "long", day: "numeric" }, there)) + " " + now.toLocaleDateString("zh-CN", Object.assign({ weekday: "long" }, there));
  }

  /* What was spoken is remembered, so that a reload speaks nothing twice and leaves out nothing that still waited to be spoken. */
  function spoken() {
    var held = Number(localStorage.getItem(store)) || 0, last = Number(board().dataset.last) || 0;
    return held && held < last ? held : last;
  }

  function spaced(label) { return label.replace(/^([A-Z]+)(?=\d)/, "$1 "); }

  function show(call) {
    var now = live.querySelector(".now");
    now.replaceChildren();
    [["", "请"], ["label", spaced(call.label)], ["", ""]].forEach(function (part) {
      var line = document.createElement("p");
      line.className = part[0];
      line.textContent = part[1];
      now.appendChild(line);
    });
    var where = document.createElement("b");
    where.textContent = call.window;
    now.lastChild.append("到 ", where, " 号窗口");
    now.classList.remove("fresh");
    void now.offsetWidth;
    now.classList.add("fresh");
    screen.dataset.shown = String(call.id);
  }

  function next() {
    if (isSpeaking || !waiting.length) { return; }
    isSpeaking = true;
    var call = waiting.shift();
    show(call);
    (isSilent ? function (_, done) { setTimeout(done, 2500); } : window.yimenVoice.say)(call, function () {
      localStorage.setItem(store, String(call.id));
      setTimeout(function () { isSpeaking = false; if (waiting.length) { next(); } else { refresh(); } }, PAUSE);
    });
  }

  function hear(event) {
    var call = JSON.parse(event.data);
    call.id = Number(event.lastEventId);
    if (known[call.id]) { return; }
    known[call.id] = true;
    newest = Math.max(newest, call.id);
    /* A line that was cut for long: who was called then has been called again, or has gone. The list shows it. */
    if (call.late > TOO_LATE) { refresh(); return; }
    waiting.push(call);
    refresh();
    next();
  }

  /* The lines and windows; the call that is being spoken stays until it is spoken. */
  function refresh() {
    fetch(screen.dataset.board, { cache: "no-store" }).then(function (answer) {
      /* The server is there and its database is not: the screen says so, and listens anew when it is back. */
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.text();
    }).then(function (html) {
      var fresh = document.createElement("div");
      fresh.innerHTML = html;
      if (!fresh.querySelector(".board")) { return; }
      if (isSpeaking || waiting.length) { fresh.querySelector(".now").replaceWith(live.querySelector(".now")); }
      live.replaceChildren(fresh.firstElementChild);
      set();
      rows();
      if (isCut) { listen(); }
    }).catch(lost);
  }

  /* More windows than fit are shown by turns, and the one that calls at once. */
  function rows() {
    var all = Array.prototype.slice.call(live.querySelectorAll("tbody tr")), pages = Math.ceil(all.length / ROWS) || 1;
    var latest = all.findIndex(function (row) { return row.classList.contains("latest"); });
    if (turn < 0) { turn = Math.max(Math.floor(latest / ROWS), 0); }
    var shown = isSpeaking && latest >= 0 ? Math.floor(latest / ROWS) : turn % pages;
    all.forEach(function (row, place) { row.hidden = Math.floor(place / ROWS) !== shown; });
  }

  function onTurn() {
    var notices = Array.prototype.slice.call(document.querySelectorAll("[data-notice]"));
    turn += 1;
    notices.forEach(function (notice, place) { notice.hidden = place !== turn % notices.length; });
    rows();
  }

  function lost() { isCut = true; cut.hidden = false; }

  /* A line may be dead without anybody saying so, where a cable was pulled out: then the beat stays away. */
  function watch() { if (Date.now() - beat > SILENCE) { lost(); listen(); } }

  /* From the last call that was heard on; what comes twice is known. */
  function listen() {
    if (source) { source.close(); }
    beat = Date.now();
    source = new EventSource(screen.dataset.stream + "?after=" + Math.max(newest, spoken()));
    source.addEventListener("open", function () { isCut = false; cut.hidden = true; beat = Date.now(); });
    source.addEventListener("error", function () {
      lost();
      if (this.readyState === EventSource.CLOSED) { setTimeout(refresh, 3000); }
    });
    source.addEventListener("beat", function () { beat = Date.now(); });
    source.addEventListener("call", function (event) { beat = Date.now(); hear(event); });
  }

  var start = document.querySelector("[data-start]");
  if (start) {
    start.hidden = false;
    window.yimenVoice.open(JSON.parse(screen.dataset.clips), function () { start.hidden = true; });
    start.addEventListener("click", function () { start.hidden = true; window.yimenVoice.touch(); });
  }
  set();
  rows();
  setInterval(clock, 5000);
  setInterval(refresh, REFRESH);
  setInterval(watch, 5000);
  setInterval(onTurn, TURN);
  listen();
})();
