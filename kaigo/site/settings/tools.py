"""All apps at once: makemigrations, type checking, glossary, metadata. Serves nothing."""

from kaigo.site.settings.insurance import *  # noqa: F403
from kaigo.site.settings.insurance import INSTALLED_APPS as _INSURANCE
from kaigo.site.settings.staff import INSTALLED_APPS as _STAFF

SYSTEM = "tools"
INSTALLED_APPS = list(dict.fromkeys([*_INSURANCE, *_STAFF]))
AUTH_USER_MODEL = "staff.Account"
