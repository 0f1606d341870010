"""Addresses of the insurance system."""

from django.urls import path

from kaigo.site.urls.health import health
from kaigo.site.urls.rooms import patterns

urlpatterns = [path("health", health), *patterns()]
