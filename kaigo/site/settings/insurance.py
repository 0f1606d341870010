"""システム1 介護保険システム."""

from kaigo.site.databases import connection_settings
from kaigo.site.settings.common import *  # noqa: F403
from kaigo.site.settings.common import BASE_APPS, INSURER, ROLE, SUFFIX

SYSTEM = "insurance"
STREET = [
    "kaigo.base.feeds",
    "kaigo.insurance.registers",
    "kaigo.insurance.residents",
    "kaigo.insurance.ledger",
    "kaigo.insurance.qualification",
    "kaigo.insurance.premium",
    "kaigo.insurance.collection",
    "kaigo.insurance.receipts",
    "kaigo.insurance.refunds",
    "kaigo.insurance.dunning",
    "kaigo.insurance.arrears",
    "kaigo.insurance.certificates",
    "kaigo.insurance.notices",
    "kaigo.insurance.release",
    "kaigo.insurance.counter",
    "kaigo.base.traces",
    "kaigo.base.keyring",
    "kaigo.base.misuse",
]
INSTALLED_APPS = [*BASE_APPS, *STREET]
# Who is logged in is read from the staff system: SELECT only, ids by value.
DATABASES = {
    "default": connection_settings("insurance", INSURER, ROLE, SUFFIX),
    "staff": connection_settings("staff", INSURER, "read", SUFFIX),
}
ACCESS = "kaigo.insurance.counter.access.InsuranceAccess"
RELATIONS = "kaigo.insurance.counter.relations.InsuranceRelations"
ROOT_URLCONF = "kaigo.site.urls.insurance"
WSGI_APPLICATION = "kaigo.site.wsgi.application"
