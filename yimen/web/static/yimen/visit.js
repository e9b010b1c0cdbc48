/* A visit on a phone: says what is still missing, keeps what is typed on the server (never in the browser), sends photos. */
(function () {
  "use strict";
  var form = document.getElementById("visit-form");
  if (!form) { return; }
  var SAVE_AFTER = 3000;
  var MOST_NAMED = 3;
  var isDirty = false, isSaving = false, isSending = false, timer = null;
  /* Counted from what the server holds, not from this phone's clock, which may be wrong. */
  var turn = Number(form.dataset.turn);

  function isAnswered(row) {
    var same = row.querySelector('input[value="same"]');
    var changed = row.querySelector('input[value="changed"]');
    var value = row.querySelector('[name^="now|"]').value.trim();
    return (same && same.checked) || (value !== "" && (!changed || changed.checked));
  }

  function isGiven(field) {
    var other = field.dataset.or && form.elements[field.dataset.or];
    return (field.type === "checkbox" ? field.checked : field.value !== "") || (other && other.value.trim() !== "");
  }

  function tell() {
    var rows = Array.prototype.slice.call(form.querySelectorAll("[data-counts]"));
    var left = rows.filter(function (row) { return !isAnswered(row); });
    var needed = Array.prototype.slice.call(form.querySelectorAll("[data-needed]")).filter(function (field) { return !isGiven(field); });
    var names = left.concat(needed).map(function (one) { return one.dataset.row; });
    form.querySelector("[data-done]").textContent = "已对 " + (rows.length - left.length) + " 项";
    var more = names.length > MOST_NAMED ? " 等 " + names.length + " 项" : "";
    document.querySelector("[data-left]").textContent = names.length ? "还差：" + names.slice(0, MOST_NAMED).join("、") + more : "都齐了";
  }

  function content() {
    var data = new FormData(form);
    turn += 1;
    data.append("turn", String(turn));
    data.append("draft_key", crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random());
    return data;
  }

  function offline(isOff) { document.querySelector("[data-off]").hidden = !isOff; }

  function save() {
    if (!isDirty || isSaving || isSending) { return; }
    isSaving = true;
    isDirty = false;
    fetch(form.dataset.draft, { method: "POST", body: content(), headers: { "X-Polling": "1" } })
      .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(answer.status); })
      .then(function (said) {
        offline(false);
        if (said.turn > turn) { turn = said.turn; isDirty = true; return; }
        document.querySelector("[data-saved]").textContent = said.at + " 已存，关了也不丢";
      })
      .catch(function () { isDirty = true; offline(true); })
      .then(function () { isSaving = false; if (isDirty) { later(); } });
  }

  function later() { clearTimeout(timer); timer = setTimeout(save, SAVE_AFTER); }

  form.addEventListener("input", function () { isDirty = true; tell(); later(); });
  form.addEventListener("submit", function () { isSending = true; clearTimeout(timer); });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden" && isDirty && !isSending) { navigator.sendBeacon(form.dataset.draft, content()); isDirty = false; }
  });
  window.addEventListener("online", save);

  /* Photos go one by one as they are taken, so that none is lost with the page. */
  var photoForm = document.getElementById("photo-form");
  function sendPhoto(data) {
    var problem = document.querySelector("[data-photo-problem]");
    problem.hidden = true;
    fetch(photoForm.action, { method: "POST", body: data, headers: { "X-Part": "1" } })
      .then(function (answer) { return answer.text().then(function (text) { return answer.ok ? text : Promise.reject(text); }); })
      .then(function (part) { document.querySelector("[data-photo-list]").innerHTML = part; })
      .catch(function (text) {
        problem.textContent = typeof text === "string" && text.length < 200 ? text : "照片没有传上去，请有网络时再拍一次。";
        problem.hidden = false;
      });
  }
  var camera = document.querySelector("[data-photo]");
  camera.addEventListener("change", function () {
    if (!camera.files.length) { return; }
    var data = new FormData(photoForm);
    sendPhoto(data);
    camera.value = "";
  });
  photoForm.addEventListener("submit", function (event) {
    event.preventDefault();
    var data = new FormData(photoForm);
    if (event.submitter && event.submitter.name === "drop") { data.append("drop", event.submitter.value); }
    sendPhoto(data);
  });
  tell();
})();
