"""Addresses of the staff system: the way in and out, then its rooms."""

from django.urls import path

from kaigo.base.desk import login, login_enrol, login_own, login_prove
from kaigo.base.staff.opening import demo_marker
from kaigo.personnel.access.screens_mine import Mine
from kaigo.site.urls.health import health
from kaigo.site.urls.rooms import patterns

# The ways of the demo's people are no addresses at all where the cluster was made without the demo's mark.
PLAY = [path("login/as", login.log_in_as), path("prove/as", login_prove.ProveInPlay.view())]

urlpatterns = [
    *(PLAY if demo_marker().exists() else []),
    path("health", health),
    path("login", login.log_in),
    path("login/options", login.key_options),
    path("login/key", login.log_in_with_key),
    path("login/password", login.log_in_with_password),
    path("enrol", login_enrol.enrol),
    path("enrol/options", login_enrol.options),
    path("enrol/password", login_enrol.enrol_password),
    path("prove", login_prove.Prove.view()),
    path("prove/options", login_prove.ProveOptions.view()),
    path("prove/key", login_prove.ProveWithKey.view()),
    path("prove/number", login_prove.ProveWithNumber.view()),
    path("passkeys", login_own.Keys.view()),
    path("passkeys/options", login_own.KeyOptions.view()),
    path("passkeys/end", login_own.KeyEnd.view()),
    path("sessions", login_own.Sessions.view()),
    path("logout", login.log_out),
    # Who is logged in finds what he may do; everybody else is led to the log-in.
    path("", Mine.view()),
    *patterns(),
]
