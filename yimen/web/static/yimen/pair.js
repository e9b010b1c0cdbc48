/* A pairing link carries its code behind "#", which is sent nowhere; it is put into the field, and a person presses the button. */
(function () {
  "use strict";
  var field = document.getElementById("code"), code = location.hash.slice(1);
  if (!/^[0-9A-Z]{8}$/.test(code)) { return; }
  field.value = code;
  history.replaceState(null, "", location.pathname);
  field.form.querySelector("button").focus();
})();
