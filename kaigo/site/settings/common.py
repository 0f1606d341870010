"""What all systems share. A system's own module adds its apps, its address and its database."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from kaigo.site.home import home
from kaigo.site.secret import reference_key, secret_key

INSURER = os.environ.get("KAIGO_INSURER", "131997")
ROLE = os.environ.get("KAIGO_ROLE", "app")
SUFFIX = os.environ.get("KAIGO_DB_SUFFIX", "")

DEBUG = False
SECRET_KEY = secret_key()
# Seals the row numbers in addresses (base/desk/refs.py).
REFERENCE_KEY = reference_key()
ALLOWED_HOSTS = os.environ.get("KAIGO_HOSTS", "localhost,127.0.0.1,testserver").split(",")
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"
LANGUAGE_CODE = "ja"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
FILES_ROOT = home() / "files"
SECRETS_ROOT = home() / "secrets"
# Where keys live (base/keys/store.py), outside the data: "embedded" keeps them in files below KEYS_ROOT.
KEY_STORE = os.environ.get("KAIGO_KEY_STORE", "embedded")
# "pkcs11": the token that the module shows under this label, its PIN in a 0600 file.
KEY_TOKEN = {
    "module": os.environ.get("KAIGO_PKCS11_MODULE", ""),
    "label": os.environ.get("KAIGO_PKCS11_TOKEN", "openkaigo"),
    "pin_file": os.environ.get("KAIGO_PKCS11_PIN_FILE", ""),
}
KEYS_ROOT = Path(os.environ.get("KAIGO_KEYS_ROOT") or home() / "keys")
# The log of accesses on disk, what it is called in its checkpoints, and the witness that signs below them: its address
# and its key as its owner handed it over. Without a witness nothing leaves the house (base/audit/fresh.py).
AUDIT_LOG_ROOT = home() / "log" / os.environ.get("KAIGO_SYSTEM", "insurance")
AUDIT_ORIGIN = f"openkaigo.example/{INSURER}/{AUDIT_LOG_ROOT.name}"
WITNESS_URL = os.environ.get("KAIGO_WITNESS_URL", "")
WITNESS_KEY = os.environ.get("KAIGO_WITNESS_KEY", "")

# The clock of the demo: the business date that screens start from. Empty = today.
BUSINESS_DATE = os.environ.get("KAIGO_BUSINESS_DATE", "")
SYSTEM_URLS = {
    "staff": os.environ.get("KAIGO_STAFF_ADDRESS", "http://localhost:8001"),
    "insurance": os.environ.get("KAIGO_INSURANCE_ADDRESS", "http://localhost:8000"),
}
# Which host passkeys belong to (RP ID): that of the log-in. A passkey opens nothing on any other host.
RP_ID = os.environ.get("KAIGO_RP_ID") or urlsplit(SYSTEM_URLS["staff"]).hostname

BASE_APPS = [
    "django.contrib.staticfiles",
    "kaigo.base.records",
    "kaigo.base.keys",
    "kaigo.base.files",
    "kaigo.base.audit",
    "kaigo.base.jobs",
    "kaigo.base.desk",
]
MIDDLEWARE = [
    "kaigo.base.desk.middleware.Guard",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "kaigo.base.desk.middleware.WhoIs",
    "kaigo.base.desk.middleware.Typeable",
    "kaigo.base.desk.middleware.Answers",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "kaigo.base.desk.context.frame",
            ],
            "builtins": ["kaigo.base.desk.templatetags.desk"],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = str(home() / "static")
WHITENOISE_USE_FINDERS = True
# The log-out button of every system posts to the staff system.
CSRF_TRUSTED_ORIGINS = sorted(SYSTEM_URLS.values())
# As the cookie of the log-in: for this host alone, over TLS (browsers count localhost as that), out of reach of scripts.
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Django spools large uploads to a file; never to a folder that others can read.
(home() / "incoming").mkdir(mode=0o700, parents=True, exist_ok=True)
FILE_UPLOAD_TEMP_DIR = str(home() / "incoming")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"wordless": {"()": "kaigo.base.desk.logs.Wordless"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "wordless"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
