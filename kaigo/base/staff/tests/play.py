"""The addresses of a staff system that was made as a demo."""

from kaigo.site.urls import staff

urlpatterns = [*staff.PLAY, *staff.urlpatterns]
