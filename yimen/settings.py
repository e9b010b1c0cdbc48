"""
Settings. What differs between machines comes from the environment:

YIMEN_HOME           all state: database, keys, snapshots, files, logs (default: var/)
YIMEN_KEYS           the keys (default: YIMEN_HOME/keys); never in a backup of the rest
YIMEN_DATABASE_URL   postgresql://user:password@host:port/name; without it SQLite under YIMEN_HOME
YIMEN_RULES          the folder of rules (default: rules/ beside the program)
YIMEN_HOSTS          host names this server answers to, separated by commas
YIMEN_HTTPS          1 behind an https proxy that sets X-Forwarded-Proto and X-Forwarded-For: cookies then never leave without
YIMEN_CIPHER         what seals names and numbers: AES-256-GCM (default) or SM4-GCM (国密; the indexes then use SM3)
YIMEN_LEASE_SECONDS  how long a worker may be silent before another takes its job over (default: 60)
YIMEN_SUBMISSION_DAYS  how long it is remembered that something was sent already, in days (default: 90)
YIMEN_INVITATION_DAYS  how long an application code handed over at a window opens, in days (default: 14)
YIMEN_ONLINE_DAYS      how long a half filled application from home is kept, in days (default: 30)
YIMEN_UNPROVEN_DAYS    after how many days an application from home ends whose identity nobody proved (default: 90)
YIMEN_REJECTS_DAYS     how long the rows of a file that were not taken are kept for whoever sent it, in days (default: 30)
YIMEN_ROSTER_HOURS     how long a leased roster made by night is valid, 24 to 72 hours (default: 48)
YIMEN_CENTRE           at a venue that stands alone: the address of the centre (https://…); its package brings it along
YIMEN_CENTRE_TOKEN_FILE  the token of this venue's machine at the centre (default: YIMEN_KEYS/centre_token)
YIMEN_CARD_YEARS       how long a priority-service card is valid, in years (default: 5)
YIMEN_REAL_NAME_ISSUER, _CLIENT, _SECRET_FILE  the province's real-name service (OpenID Connect); without it, it is not offered
YIMEN_REAL_NAME_SCOPES, _NAME_CLAIM, _NUMBER_CLAIM  what is asked of it, and its claims of name and ID number
"""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

BASE = Path(__file__).resolve().parent.parent
YIMEN_HOME = Path(os.environ.get("YIMEN_HOME", BASE / "var")).resolve()
YIMEN_KEYS = Path(os.environ.get("YIMEN_KEYS", YIMEN_HOME / "keys")).resolve()
YIMEN_RULES = Path(os.environ.get("YIMEN_RULES", BASE / "rules")).resolve()
YIMEN_CIPHER = os.environ.get("YIMEN_CIPHER", "AES-256-GCM")
YIMEN_LEASE_SECONDS = int(os.environ.get("YIMEN_LEASE_SECONDS", "60"))
YIMEN_SUBMISSION_DAYS = int(os.environ.get("YIMEN_SUBMISSION_DAYS", "90"))
YIMEN_INVITATION_DAYS = int(os.environ.get("YIMEN_INVITATION_DAYS", "14"))
YIMEN_ONLINE_DAYS = int(os.environ.get("YIMEN_ONLINE_DAYS", "30"))
YIMEN_REJECTS_DAYS = int(os.environ.get("YIMEN_REJECTS_DAYS", "30"))
YIMEN_UNPROVEN_DAYS = int(os.environ.get("YIMEN_UNPROVEN_DAYS", "90"))
YIMEN_ROSTER_HOURS = int(os.environ.get("YIMEN_ROSTER_HOURS", "48"))
# Written when a venue's package was installed: this home is then that venue's, whatever command runs on it.
_standing = json.loads((YIMEN_HOME / "venue.json").read_text("utf-8")) if (YIMEN_HOME / "venue.json").exists() else {}
YIMEN_VENUE = _standing.get("venue", "")
YIMEN_CENTRE = os.environ.get("YIMEN_CENTRE", _standing.get("centre", ""))
YIMEN_CENTRE_TOKEN_FILE = os.environ.get("YIMEN_CENTRE_TOKEN_FILE", str(YIMEN_KEYS / "centre_token"))
YIMEN_CARD_YEARS = int(os.environ.get("YIMEN_CARD_YEARS", "5"))
YIMEN_REAL_NAME_ISSUER = os.environ.get("YIMEN_REAL_NAME_ISSUER", "")
YIMEN_REAL_NAME_CLIENT = os.environ.get("YIMEN_REAL_NAME_CLIENT", "")
YIMEN_REAL_NAME_SECRET_FILE = os.environ.get("YIMEN_REAL_NAME_SECRET_FILE", str(YIMEN_KEYS / "real_name"))
YIMEN_REAL_NAME_SCOPES = os.environ.get("YIMEN_REAL_NAME_SCOPES", "openid profile")
YIMEN_REAL_NAME_NAME_CLAIM = os.environ.get("YIMEN_REAL_NAME_NAME_CLAIM", "name")
YIMEN_REAL_NAME_NUMBER_CLAIM = os.environ.get("YIMEN_REAL_NAME_NUMBER_CLAIM", "id_number")
YIMEN_HTTPS = os.environ.get("YIMEN_HTTPS") == "1"
YIMEN_DEMO = (YIMEN_HOME / "demo").exists() or os.environ.get("YIMEN_DEMO") == "1"


def _secret(name: str) -> str:
    """Read a secret, made once: of two first starts one puts its own there, whole, and both read that one."""
    YIMEN_KEYS.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = YIMEN_KEYS / name
    if not path.exists():
        beside = path.with_suffix(f".{secrets.token_hex(8)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    return path.read_text(encoding="ascii")


def _database(url: str) -> dict[str, Any]:
    if url:
        parts = urlsplit(url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            # After a restart of PostgreSQL the first who come are not those who find the old lines dead.
            "CONN_HEALTH_CHECKS": True,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": YIMEN_HOME / "yimen.sqlite3",
        "CONN_MAX_AGE": None,
        # A test database in memory cannot be shared between connections, so the store tests name a file.
        "TEST": {"NAME": os.environ.get("YIMEN_TEST_FILE") or None},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;PRAGMA foreign_keys=ON;",
        },
    }


SECRET_KEY = _secret("django")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("YIMEN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
DATABASES = {"default": _database(os.environ.get("YIMEN_DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "office.Staff"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "yimen.office",
    "yimen.registry",
    "yimen.evidence",
    "yimen.benefits",
    "yimen.screening",
    "yimen.cases",
    "yimen.hall",
    "yimen.web",
    "yimen.jobs",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "yimen.web.trouble.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yimen.api.middleware.ClientMiddleware",
    "yimen.web.middleware.DeskMiddleware",
    "yimen.web.hall.lone.LoneMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "yimen.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "yimen" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yimen.web.middleware.desk",
            ],
            "builtins": ["yimen.web.templatetags.words"],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = YIMEN_HOME / "static"
STATICFILES_DIRS = [BASE / "yimen" / "web" / "static"]
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = YIMEN_HOME / "incoming"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username"]},
    },
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "yimen.web.accounts.StaffAccounts"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# Axes counts failures in the database; allauth's own limit would hide it and forgets on restart.
ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": "1000/m/ip"}
MFA_SUPPORTED_TYPES = ["totp"]
MFA_TOTP_ISSUER = "一门"
MFA_ADAPTER = "yimen.web.accounts.StaffSecondFactor"
MFA_FORMS = {"authenticate": "yimen.web.accounts.SecondFactorForm"}
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "yimen.web.accounts.name_that_is_counted"
AXES_CLIENT_IP_CALLABLE = "yimen.web.accounts.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "yimen.web.accounts.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
IDLE_SECONDS = 30 * 60
if YIMEN_HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # A name that browsers take only over https and only from this very host.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "yimen.office.logs.PlacesOnly", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line", "level": "WARNING"}},
    "root": {"handlers": ["terminal"], "level": "INFO"},
}

for _folder in (YIMEN_HOME, FILE_UPLOAD_TEMP_DIR, STATIC_ROOT):
    _folder.mkdir(parents=True, exist_ok=True, mode=0o700)
