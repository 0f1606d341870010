from django.urls import path

from kaigo.base.desk import login

urlpatterns = [path("login", login.log_in), path("logout", login.log_out), path("", login.log_in)]
