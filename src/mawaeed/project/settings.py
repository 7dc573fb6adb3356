"""Django settings. Those of the deployment come from the environment; see docs/settings.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.addresses import read_trusted_proxies
from mawaeed.kernel.secrets import read_or_make_key
from mawaeed.project.database import database_settings
from mawaeed.project.languages import available_languages

PACKAGE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", "var")).resolve()
SECRETS_DIR = DATA_DIR / "secrets"
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEMO = os.environ.get("MAWAEED_DEMO") == "1"
DEBUG = os.environ.get("MAWAEED_DEBUG") == "1"
SECRET_KEY = read_or_make_key(SECRETS_DIR, "django")

PORT = int(os.environ.get("PORT", "8000"))
HOST = os.environ.get("HOST", "127.0.0.1")
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*" if DEMO or DEBUG else "").split(",")
if PUBLIC_URL:
    ALLOWED_HOSTS += [PUBLIC_URL.split("://")[-1].split("/")[0].rsplit(":", 1)[0]]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_COOKIES = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
TRUSTED_PROXIES = read_trusted_proxies(os.environ.get("TRUSTED_PROXIES", ""))
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "mawaeed.web.errors.csrf_failure"

# What a personal number and a mobile may look like here (facts differ between countries).
PERSONAL_NUMBER_MONTH = os.environ.get("PERSONAL_NUMBER_MONTH", "1") != "0"
MOBILE_REGIONS = tuple(os.environ.get("MOBILE_REGIONS", "BH").split(","))

DATABASES: dict[str, dict[str, Any]] = {
    "default": database_settings(os.environ.get("DATABASE_URL", ""), DATA_DIR)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Staff"
LOGIN_URL = "desk-sign-in"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "mawaeed.kernel",
    "mawaeed.centres",
    "mawaeed.people",
    "mawaeed.availability",
    "mawaeed.conduct",
    "mawaeed.booking",
    "mawaeed.hall",
    "mawaeed.feedback",
    "mawaeed.content",
    "mawaeed.notifications",
    "mawaeed.insight",
    "mawaeed.commands",
    "mawaeed.live",
    "mawaeed.api",
    "mawaeed.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mawaeed.web.middleware.SecurityHeaders",
    "mawaeed.web.middleware.Presses",
    "mawaeed.web.pages_only.Sessions",
    "mawaeed.web.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "mawaeed.web.pages_only.Csrf",
    "mawaeed.web.pages_only.Authentication",
    "mawaeed.web.pages_only.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mawaeed.web.middleware.RequestClock",
    "mawaeed.web.middleware.PlacesInTime",
    "mawaeed.web.middleware.Resident",
    "mawaeed.web.middleware.Refusals",
]
ROOT_URLCONF = "mawaeed.project.urls"
WSGI_APPLICATION = "mawaeed.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ours before those of the administration.
        "DIRS": [PACKAGE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mawaeed.web.context.site",
            ],
        },
    },
]

LOCALE_DIR = Path(os.environ.get("MAWAEED_LOCALE_DIR", PACKAGE_DIR / "locale"))
LOCALE_PATHS = [LOCALE_DIR]
LANGUAGE_CODE = "ar"
LANGUAGES = available_languages(LOCALE_DIR)
LANGUAGE_COOKIE_NAME = "language"
FORMAT_MODULE_PATH = ["mawaeed.project.formats"]
USE_TZ = True
TIME_ZONE = "Asia/Bahrain"
SITE_NAME = _("Mawaeed")

SMS_DRIVER = os.environ.get("SMS_DRIVER", "sink" if DEMO else "log")
KANNEL_URL = os.environ.get("KANNEL_URL", "http://127.0.0.1:13013/cgi-bin/sendsms")
KANNEL_USERNAME = os.environ.get("KANNEL_USERNAME", "")
KANNEL_PASSWORD = os.environ.get("KANNEL_PASSWORD", "")
KANNEL_SENDER = os.environ.get("KANNEL_SENDER", "MAWAEED")
LIVE_MAX_STREAMS = int(os.environ.get("LIVE_MAX_STREAMS", "12000"))

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

NINJA_PAGINATION_MAX_LIMIT = 200
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # A lost database is one event, told once (`web.errors.database_away`), not one each request.
    "filters": {
        "unless_away": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", 0) != 503,
        }
    },
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "mawaeed": {"level": "INFO"},
        # Refusals are expected, and their addresses may hold the secret of somebody's link.
        "django.request": {"level": "ERROR", "filters": ["unless_away"]},
    },
}
