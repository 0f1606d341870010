from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "kaigo.personnel.people"
    label = "people"
