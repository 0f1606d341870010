"""Log-in, people, posts and grants of all staff screens."""

from kaigo.site.databases import connection_settings
from kaigo.site.settings.common import *  # noqa: F403
from kaigo.site.settings.common import BASE_APPS, INSURER, ROLE, SUFFIX

SYSTEM = "staff"
STREET: list[str] = []
INSTALLED_APPS = [*BASE_APPS, "kaigo.base.staff"]
AUTH_USER_MODEL = "staff.Account"
DATABASES = {"default": connection_settings("staff", INSURER, ROLE, SUFFIX)}
ROOT_URLCONF = "kaigo.site.urls.staff"
WSGI_APPLICATION = "kaigo.site.wsgi.application"
