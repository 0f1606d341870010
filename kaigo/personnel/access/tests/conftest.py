import pytest

from kaigo.personnel.access.tests.desk import Desk


@pytest.fixture
def desk(db, settings):
    return Desk(settings)
