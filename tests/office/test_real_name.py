"""The real-name service: who came back is who was sent, what does not hold is refused in words, and nothing goes unencrypted."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from yimen.office import real_name

BACK = "http://here.test/online/real-name/back/"


class Service:
    """A provider on this machine; what it says can be bent."""

    def __init__(self):
        self.codes, self.bent, self.seen = {}, {}, []
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self):
                service.answer(self, "")

            def do_POST(self):
                service.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request, body):
        said = getattr(self, "_" + request.path.strip("/").replace("/", "_").replace(".", "").replace("-", "_"))(request, body)
        self.seen.append((request.path, dict(request.headers)))
        status = 200 if said is not None else 400
        request.send_response(status)
        request.end_headers()
        request.wfile.write(json.dumps(said).encode())

    def _well_known_openid_configuration(self, *_):
        paths = {"authorization_endpoint": "/in", "token_endpoint": "/token", "userinfo_endpoint": "/who"}
        return {"issuer": self.issuer} | {name: self.issuer + path for name, path in paths.items()} | self.bent.get("found", {})

    def allow(self, address):
        """Let the person pass, and return the query the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.codes["a-code"] = asked
        return {"code": "a-code", "state": asked["state"]}

    def _token(self, _, body):
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(form.get("code"), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if asked is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        claims = {"iss": self.issuer, "aud": "yimen", "sub": "s1", "exp": time.time() + 60, "nonce": asked["nonce"]}
        body = base64.urlsafe_b64encode(json.dumps(claims | self.bent.get("token", {})).encode()).rstrip(b"=").decode()
        return {"id_token": f"e30.{body}.x", "access_token": "at"}

    def _who(self, request, _):
        if request.headers["Authorization"] != "Bearer at":
            return None
        return {"sub": "s1", "name": "沈小满", "id_number": "990191196506150018"} | self.bent.get("who", {})


@pytest.fixture
def service(settings):
    made = Service()
    settings.YIMEN_DEMO = True
    yield made
    made.server.shutdown()


def adapter(service):
    return real_name.OpenIdProvider(service.issuer, "yimen", "secret", "openid profile", "name", "id_number")


def came_back(service, **bent):
    service.bent = bent
    held = adapter(service)
    begun = held.begin(back=BACK)
    return held.finish(kept=begun.kept, query=service.allow(begun.address), back=BACK)


def test_who_passed_comes_back_with_name_and_number(service):
    assert came_back(service) == real_name.Identity("沈小满", "990191196506150018")


def test_nothing_of_the_verifier_or_the_secret_goes_through_the_browser(service):
    begun = adapter(service).begin(back=BACK)

    assert begun.kept["verifier"] not in begun.address
    assert "secret" not in begun.address
    assert "code_challenge_method=S256" in begun.address


@pytest.mark.parametrize(
    "bent",
    [
        {"token": {"iss": "https://else.test"}},
        {"token": {"aud": "another"}},
        {"token": {"aud": ["yimen", "another"]}},
        {"token": {"exp": 1}},
        {"token": {"nonce": "other"}},
        {"who": {"sub": "s2"}},
        {"who": {"id_number": ""}},
        {"found": {"issuer": "https://else.test"}},
        {"found": {"token_endpoint": "http://else.test/token"}},
        {"found": {"token_endpoint": "file:///etc/passwd"}},
    ],
)
def test_what_does_not_hold_is_refused(service, bent):
    with pytest.raises(real_name.NotProven, match="申请码"):
        came_back(service, **bent)


def test_a_foreign_state_a_used_code_and_another_browser_are_refused(service):
    held = adapter(service)
    begun, other = held.begin(back=BACK), held.begin(back=BACK)
    query = service.allow(begun.address)

    for kept, asked in (({}, query), (other.kept, query), (begun.kept, {"state": query["state"]})):
        with pytest.raises(real_name.NotProven):
            held.finish(kept=kept, query=asked, back=BACK)
    held.finish(kept=begun.kept, query=query, back=BACK)
    with pytest.raises(real_name.NotProven):
        held.finish(kept=begun.kept, query=query, back=BACK)


def test_outside_the_demonstration_only_encrypted_connections_are_used(service, settings):
    settings.YIMEN_DEMO = False
    with pytest.raises(real_name.NotProven, match="加密"):
        adapter(service).begin(back=BACK)
    assert service.seen == []


def test_a_service_that_is_down_is_said_so(service):
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(real_name.NotProven, match="连不上"):
        adapter(service).begin(back=BACK)


def test_without_settings_it_is_not_offered_with_them_it_is(settings, tmp_path):
    settings.YIMEN_REAL_NAME_ISSUER = ""
    assert real_name.provider() is None
    (tmp_path / "secret").write_text("s\n")
    settings.YIMEN_REAL_NAME_ISSUER, settings.YIMEN_REAL_NAME_CLIENT = "https://id.test/", "yimen"
    settings.YIMEN_REAL_NAME_SECRET_FILE = str(tmp_path / "secret")
    assert real_name.provider().issuer == "https://id.test"
    assert real_name.provider().secret == "s"
