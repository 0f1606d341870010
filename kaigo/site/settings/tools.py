"""All apps at once: makemigrations, type checking, glossary, metadata. Serves nothing."""

from kaigo.site.settings.insurance import *  # noqa: F403
from kaigo.site.settings.insurance import INSTALLED_APPS as _INSURANCE

SYSTEM = "tools"
INSTALLED_APPS = [*_INSURANCE, "kaigo.base.staff"]
AUTH_USER_MODEL = "staff.Account"
