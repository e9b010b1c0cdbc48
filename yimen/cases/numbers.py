"""Numbers and codes of cases (办件号、回执码): numbers without gaps in a county and year; codes nobody can guess."""

import secrets
from datetime import date

from django.db.models import F

from yimen.cases.models import CaseCounter

# Without the characters that are mistaken for each other when read aloud or from paper.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10


def next_number(area_path: str, on: date) -> str:
    """Return the next case number of a county and year (“990101-2026-000123”); the caller holds the transaction."""
    county = county_code(area_path)
    counter, _ = CaseCounter.objects.get_or_create(county=county, year=on.year)
    CaseCounter.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    counter.refresh_from_db()
    return f"{county}-{on.year}-{counter.last:06d}"


def county_code(area_path: str) -> str:
    """Return the six digits of the county on an area path."""
    return next((code for code in area_path.split(".") if len(code) == 6), area_path.replace(".", "")[:6])


def new_receipt_code() -> str:
    """Return a code for the receipt, by which the applicant sees where it stands; 49 bits of chance."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
