"""Addresses of the staff system: the way in and out, then its rooms."""

from django.urls import path

from kaigo.base.desk import login
from kaigo.personnel.access.screens_mine import Mine
from kaigo.site.urls.health import health
from kaigo.site.urls.rooms import patterns

urlpatterns = [
    path("health", health),
    path("login", login.log_in),
    path("login/as", login.log_in_as),
    path("logout", login.log_out),
    # Who is logged in finds what he may do; everybody else is led to the log-in.
    path("", Mine.view()),
    *patterns(),
]
