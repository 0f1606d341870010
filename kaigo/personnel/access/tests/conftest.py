import pytest

from kaigo.personnel.people.tests.desk import Desk


@pytest.fixture
def desk(db, settings):
    return Desk(settings)
