"""Addresses of the insurance system."""

from kaigo.site.urls.rooms import patterns

urlpatterns = patterns()
