"""
The real-name service (统一身份认证): who somebody is, proven by the province, not by us.

A port with one adapter: OpenID Connect with the authorization code, PKCE, state and nonce, over TLS. Which provider and which
of its claims carry name and ID number come from the settings; without them the service is simply not offered.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from django.conf import settings
from django.utils.crypto import constant_time_compare

SECONDS, MOST_BYTES = 10, 2**18
# The provider's clock may be a little off ours.
LEEWAY = 120


class NotProven(Exception):
    """The service did not say who it is, or what it said does not hold; the sentence says what to do instead."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the service says: name and ID number."""

    name: str
    number: str


@dataclass(frozen=True)
class Begun:
    """Where the browser is sent, and what is kept in its session meanwhile."""

    address: str
    kept: dict[str, str]


class Provider(Protocol):
    """A real-name service: it is asked, and later says who came."""

    def begin(self, *, back: str) -> Begun:
        """Return where to send the browser, which comes back to `back`. Raises NotProven."""

    def finish(self, *, kept: Mapping[str, str], query: Mapping[str, str], back: str) -> Identity:
        """Return who came back. Raises NotProven."""


def provider() -> Provider | None:
    """Return the service of the settings, or None where there is none."""
    if not settings.YIMEN_REAL_NAME_ISSUER:
        return None
    return OpenIdProvider(
        issuer=settings.YIMEN_REAL_NAME_ISSUER.rstrip("/"),
        client=settings.YIMEN_REAL_NAME_CLIENT,
        secret=Path(settings.YIMEN_REAL_NAME_SECRET_FILE).read_text(encoding="utf-8").strip(),
        scopes=settings.YIMEN_REAL_NAME_SCOPES,
        name_claim=settings.YIMEN_REAL_NAME_NAME_CLAIM,
        number_claim=settings.YIMEN_REAL_NAME_NUMBER_CLAIM,
    )


@dataclass(frozen=True)
class OpenIdProvider:
    """
    OpenID Connect Core 1.0, authorization code flow.

    The ID token comes straight from the token endpoint over TLS, which vouches for its issuer (3.1.3.7, 6); issuer,
    audience, expiry and nonce are checked here, and the claims are taken from the user-info endpoint of the same subject.
    """

    issuer: str
    client: str
    secret: str
    scopes: str
    name_claim: str
    number_claim: str

    def begin(self, *, back: str) -> Begun:
        """Return the address of the log-in with a fresh state, nonce and verifier."""
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        digest = hashlib.sha256(kept["verifier"].encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": back,
            "scope": self.scopes,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = self._endpoint(self._found(), "authorization_endpoint")
        return Begun(f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}", kept)

    def finish(self, *, kept: Mapping[str, str], query: Mapping[str, str], back: str) -> Identity:
        """Change the code for the tokens, check them, and return the claims."""
        state = kept.get("state", "")
        if not state or not constant_time_compare(state, query.get("state", "")) or not query.get("code"):
            raise NotProven("没有认证成功，或者等得太久了。请再试一次，或用申请码。")
        found = self._found()
        tokens = self._asked(
            self._endpoint(found, "token_endpoint"),
            {
                "grant_type": "authorization_code",
                "code": query["code"],
                "redirect_uri": back,
                "client_id": self.client,
                "client_secret": self.secret,
                "code_verifier": kept.get("verifier", ""),
            },
        )
        subject = self._subject(str(tokens.get("id_token", "")), kept.get("nonce", ""))
        claims = self._asked(self._endpoint(found, "userinfo_endpoint"), bearer=str(tokens.get("access_token", "")))
        name, number = claims.get(self.name_claim), claims.get(self.number_claim)
        if claims.get("sub") != subject or not name or not number:
            raise NotProven("认证服务没有给出姓名和身份证号。请用申请码，或先填申请，再由工作人员核验身份。")
        return Identity(str(name), str(number))

    def _subject(self, token: str, nonce: str) -> str:
        try:
            body = token.split(".")[1]
            said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            audience = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
            holds = (
                said["iss"].rstrip("/") == self.issuer
                and self.client in audience
                and (len(audience) == 1 or said.get("azp") == self.client)
                and said["exp"] > time.time() - LEEWAY
                and constant_time_compare(str(said["nonce"]), nonce)
            )
            subject = str(said["sub"])
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            holds, subject = False, ""
        if not holds:
            raise NotProven("认证服务的答复对不上。请再试一次，或用申请码。")
        return subject

    def _found(self) -> dict[str, Any]:
        found = self._asked(f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise NotProven("认证服务的答复对不上。请用申请码，或先填申请，再由工作人员核验身份。")
        return found

    def _endpoint(self, found: Mapping[str, Any], name: str) -> str:
        address = str(found.get(name, ""))
        _refuse_open(address)
        return address

    def _asked(self, address: str, form: Mapping[str, str] | None = None, *, bearer: str = "") -> dict[str, Any]:
        _refuse_open(address)
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        request = Request(address, data=urlencode(form).encode() if form else None, headers=headers)  # noqa: S310
        try:
            with _opener().open(request, timeout=SECONDS) as answer:
                said = json.loads(answer.read(MOST_BYTES))
        except (OSError, ValueError):
            raise NotProven("认证服务现在连不上。请过一会儿再试，或用申请码；也可以先填申请，再由工作人员核验身份。") from None
        if not isinstance(said, dict):
            raise NotProven("认证服务的答复看不懂。请用申请码，或先填申请，再由工作人员核验身份。")
        return said


class _StaysHere(HTTPRedirectHandler):
    """A secret or token goes where the settings say and is not led elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""
        return


def _opener() -> OpenerDirector:
    return build_opener(_StaysHere)


def _refuse_open(address: str) -> None:
    parts = urlsplit(address)
    is_local = parts.hostname in ("127.0.0.1", "localhost") and settings.YIMEN_DEMO
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise NotProven("认证服务没有用加密的连接，不能用。请用申请码，或先填申请，再由工作人员核验身份。")
