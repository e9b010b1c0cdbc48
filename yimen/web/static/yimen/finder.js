/* How far each place is, reckoned here: the position never leaves the telephone. */
(function () {
  "use strict";
  document.querySelectorAll("[data-submit-on-change]").forEach(function (field) {
    field.addEventListener("change", function () { field.form.submit(); });
  });
  document.querySelectorAll("[data-without-script]").forEach(function (button) { button.hidden = true; });
  var button = document.querySelector("[data-near]"), says = document.querySelector("[data-near-says]"), list = document.querySelector("[data-venues]");
  if (!navigator.geolocation || !window.isSecureContext) { return; }
  button.hidden = false;

  function metres(a, b, c, d) {
    var rad = Math.PI / 180, x = (d - b) * rad * Math.cos((a + c) / 2 * rad), y = (c - a) * rad;
    return Math.sqrt(x * x + y * y) * 6371000;
  }

  button.addEventListener("click", function () {
    says.hidden = false;
    says.textContent = "正在找您在哪里…";
    navigator.geolocation.getCurrentPosition(function (here) {
      var items = Array.from(list.children);
      items.forEach(function (item) {
        if (!item.dataset.latitude) { item.far = Infinity; return; }
        item.far = metres(here.coords.latitude, here.coords.longitude, Number(item.dataset.latitude), Number(item.dataset.longitude));
        item.querySelector("[data-far]").textContent = item.far < 1000 ? "直线 " + Math.round(item.far / 50) * 50 + " 米" : "直线 " + (item.far / 1000).toFixed(1) + " 公里";
      });
      items.sort(function (a, b) { return a.far - b.far; }).forEach(function (item) { list.appendChild(item); });
      says.textContent = "离您近的排在前面；位置只在这台手机上用。";
    }, function () {
      says.textContent = "没有找到您的位置，按原来的顺序看。";
    }, { maximumAge: 300000, timeout: 10000 });
  });
})();
