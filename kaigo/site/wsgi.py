"""WSGI entry of one system (KAIGO_SYSTEM)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"kaigo.site.settings.{os.environ.get('KAIGO_SYSTEM', 'insurance')}"
)
application = get_wsgi_application()
