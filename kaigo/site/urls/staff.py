"""Addresses of the staff system: the way in and out, then its rooms."""

from django.urls import path

from kaigo.base.desk import login

urlpatterns = [
    path("login", login.log_in),
    path("login/as", login.log_in_as),
    path("logout", login.log_out),
    path("", login.log_in),
]
