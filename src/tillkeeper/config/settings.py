"""Django's settings, from TILLKEEPER_* variables. docs/reference/settings.md lists them all."""

import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from tillkeeper.config.environment import Environment

environment = Environment()

PACKAGE = Path(__file__).resolve().parent.parent
TILLKEEPER_VAR = environment.folder("VAR", Path.cwd() / "var")
TILLKEEPER_VAR.mkdir(parents=True, exist_ok=True)
TILLKEEPER_DEMO = environment.flag("DEMO")
TILLKEEPER_IMPORT_MAX_MIB = environment.number("IMPORT_MAX_MIB", 1024, least=1, most=8192)
TILLKEEPER_LAKE = environment.lake("LAKE")  # blank: a folder of TILLKEEPER_VAR
TILLKEEPER_MATCH_ON = environment.cluster("MATCH_ON")  # blank: this machine
TILLKEEPER_DROPS = environment.folder("DROPS", TILLKEEPER_VAR / "drops")
TILLKEEPER_SFTP_HOSTS = environment.names("SFTP_HOSTS")  # [user@]host[:port]; others are not called
TILLKEEPER_SFTP_PASSWORDS = environment.family("SFTP_PASSWORD_")  # by organisation and drop
TILLKEEPER_HOST = environment.address("HOST", "127.0.0.1")  # where `up` and `demo` listen
TILLKEEPER_PORT = environment.number("PORT", 8000, least=1, most=65535)
TILLKEEPER_DEVICE_HOST = environment.address("DEVICE_HOST", "127.0.0.1")  # where terminals call
TILLKEEPER_DEVICE_PORT = environment.number("DEVICE_PORT", 8001, least=1, most=65535)
TILLKEEPER_SPOOL = environment.spool(
    "SPOOL"
)  # blank: a file of TILLKEEPER_VAR, or the PostgreSQL in use
TILLKEEPER_SPOOL_SHARDS = environment.number("SPOOL_SHARDS", 1, least=1, most=256)
TILLKEEPER_MQTT = environment.mqtt("MQTT")  # blank: terminals speak HTTP only
TILLKEEPER_TASKS_AT_ONCE = environment.flag(
    "TASKS_AT_ONCE"
)  # run background work in the caller: tests, one-off commands


def _secret_key() -> str:
    """Return the configured key, or one made once and kept beside the database with the owner's rights only."""
    if given := environment.text("SECRET_KEY"):
        return given
    kept = TILLKEEPER_VAR / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return kept.read_text(encoding="ascii")


SECRET_KEY = _secret_key()
DEBUG = environment.flag("DEBUG")
ALLOWED_HOSTS = environment.names("HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.names("ORIGINS")
HTTPS = environment.flag("HTTPS")
TILLKEEPER_PROXIES = environment.number("PROXIES", 0, least=0, most=9)

INSTALLED_APPS = [
    "tillkeeper.kernel.apps.KernelConfig",
    "tillkeeper.parties.apps.PartiesConfig",
    "tillkeeper.terminals.apps.TerminalsConfig",
    "tillkeeper.telemetry.apps.TelemetryConfig",
    "tillkeeper.settlement.apps.SettlementConfig",
    "tillkeeper.api.apps.ApiConfig",
    "tillkeeper.web.apps.WebConfig",
    "tillkeeper.cli.apps.CliConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "lucide",
    "ninja",
]
MIDDLEWARE = [
    "tillkeeper.web.proxies.addressed",  # before whatever looks at an address: lock-out, rate limits, audit
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tillkeeper.web.middleware.signed_out",
    "tillkeeper.web.middleware.acting",
    "tillkeeper.web.middleware.refusals",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "tillkeeper.config.urls"
WSGI_APPLICATION = "tillkeeper.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tillkeeper.web.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES: dict[str, Any] = {
    "default": environment.database("DATABASE_URL", f"sqlite://{TILLKEEPER_VAR}/tillkeeper.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": TILLKEEPER_VAR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
TASKS = {
    "default": {
        "BACKEND": (
            "django_tasks.backends.immediate.ImmediateBackend"
            if TILLKEEPER_TASKS_AT_ONCE
            else "django_tasks_db.DatabaseBackend"
        ),
        "QUEUES": ["default"],
    }
}

CSRF_FAILURE_VIEW = "tillkeeper.web.failures.form_refused"
AUTH_USER_MODEL = "parties.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tillkeeper.web.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_FORMS = {
    "login": "tillkeeper.web.sign_in.SignInForm",
    "reauthenticate": "tillkeeper.web.sign_in.ConfirmForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": None}  # locking out is axes' work
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tillkeeper"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off (RFC 6238, section 5.2)
MFA_FORMS = {
    "authenticate": "tillkeeper.web.sign_in.CodeForm",
    "reauthenticate": "tillkeeper.web.sign_in.CodeAgainForm",
    "add_webauthn": "tillkeeper.web.sign_in.NewKeyForm",
    "edit_webauthn": "tillkeeper.web.sign_in.RenameKeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
AXES_FAILURE_LIMIT = environment.number("LOCKOUT_AFTER", 5, least=3, most=20)
AXES_COOLOFF_TIME = environment.number("LOCKOUT_HOURS", 1, least=1, most=72)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

LANGUAGE_CODE = environment.choice("LANGUAGE", "zh-hans", ("zh-hans", "en"))
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = environment.zone("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = TILLKEEPER_VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = TILLKEEPER_VAR / "uploads"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a selection of terminals travels as form fields
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # a hundred thousand serial numbers in one body

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("BEHIND_PROXY") else None
)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
NINJA_PAGINATION_PER_PAGE = 50

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {
        "handlers": ["stderr"],
        "level": environment.choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
# Compose, systemd and shells set TILLKEEPER_ names of their own rarely; a misspelt one is told by `tillkeeper doctor`.
TILLKEEPER_UNKNOWN_VARIABLES = environment.unknown()
TILLKEEPER_KNOWN_VARIABLES = environment.known()
