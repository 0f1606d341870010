from django.urls import path

from kaigo.base.staff import screens

urlpatterns = [path("login", screens.log_in), path("logout", screens.log_out), path("", screens.log_in)]
