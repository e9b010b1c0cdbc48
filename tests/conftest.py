import pytest

from yimen.office import vault


@pytest.fixture(scope="session", autouse=True)
def _keys():
    vault.make_keyring()
