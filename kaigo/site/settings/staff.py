"""Log-in, people, posts and grants of all staff screens."""

from kaigo.site.databases import connection_settings
from kaigo.site.settings.common import *  # noqa: F403
from kaigo.site.settings.common import BASE_APPS, INSURER, ROLE, SUFFIX

SYSTEM = "staff"
STREET = [
    "kaigo.base.feeds",
    "kaigo.personnel.people",
    "kaigo.personnel.access",
    "kaigo.base.traces",
    "kaigo.base.keyring",
    "kaigo.base.misuse",
]
INSTALLED_APPS = [*BASE_APPS, "kaigo.base.staff", *STREET]
# The staff list is no business of those who take in the insurance's files, and theirs none of the administrators.
PERMISSION_OF = {
    "feeds.view": "staff.load",
    "feeds.lines": "staff.load",
    "feeds.load": "staff.load",
    "feeds.repair": "staff.load",
}
AUTH_USER_MODEL = "staff.Account"
DATABASES = {"default": connection_settings("staff", INSURER, ROLE, SUFFIX)}
ROOT_URLCONF = "kaigo.site.urls.staff"
WSGI_APPLICATION = "kaigo.site.wsgi.application"
