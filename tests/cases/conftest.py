import pytest

from yimen.cases.queries import wrong_dues
from yimen.office.access import System, scope


@pytest.fixture(autouse=True)
def _dates_kept_are_what_the_clock_says(request):
    """Whatever a test did to cases, the dates kept for lists are in the end those of the clock."""
    stored = request.node.get_closest_marker("django_db") is not None
    if stored:
        request.getfixturevalue("db")
    yield
    if stored:
        with scope(System("test"), "核对期限"):
            assert list(wrong_dues()) == []
