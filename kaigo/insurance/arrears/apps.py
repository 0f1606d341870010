from django.apps import AppConfig


class ArrearsConfig(AppConfig):
    name = "kaigo.insurance.arrears"
    label = "arrears"

    def ready(self) -> None:
        """What holds or renews the right to a term is known here; refunds, which lies below, asks for it by person."""
        from kaigo.insurance.arrears.events import of_person
        from kaigo.insurance.refunds.claims import EVENTS

        if of_person not in EVENTS:
            EVENTS.append(of_person)
