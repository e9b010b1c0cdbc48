"""What goes in and out of the API (数据格式), as the OpenAPI page describes it; nothing beyond it is taken."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

IdNumber = Annotated[str, Field(min_length=15, max_length=20)]
Words = Annotated[str, Field(max_length=500)]


class Strict(Schema):
    """A body in which an unknown name is an error: a misspelt field must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class AskedFor(Strict):
    """A policy (by id or full name) and, if it is for a person other than the applicant, whose."""

    policy: Annotated[str, Field(max_length=60)]
    person: IdNumber | None = None


class Declared(Strict):
    """One fact of the catalogue as it was declared; without a person, the household's or the applicant's."""

    fact: Annotated[str, Field(max_length=60)]
    value: str | int | float | bool
    person: IdNumber | None = None


class Authorised(Strict):
    """A member's authorisation to compare data, or its refusal; a guardian signs for a minor."""

    given: bool
    signed_on: date
    person: IdNumber | None = None
    guardian: Annotated[str, Field(max_length=40)] | None = None


class Application(Strict):
    """One application of one household (申请)."""

    reference: Annotated[str, Field(max_length=40)]
    applicant: IdNumber
    members: Annotated[list[IdNumber], Field(max_length=30)] = []
    policies: Annotated[list[AskedFor], Field(min_length=1, max_length=40)]
    facts: Annotated[list[Declared], Field(max_length=200)] = []
    papers: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=60)] = []
    consents: Annotated[list[Authorised], Field(max_length=30)] = []
    received_on: date | None = None


class Receipt(Schema):
    """What was taken in, and the papers still missing, told once and all together."""

    reference: str
    receipt_code: str
    state: str
    words: str
    missing_papers: list[str]


class ResultOut(Schema):
    """What one department decided."""

    policy: str
    name: str
    state: str
    words: str
    article: str


class StatusOut(Schema):
    """Where an application stands."""

    reference: str
    receipt_code: str
    number: str
    state: str
    words: str
    missing_papers: list[str]
    received_on: date
    due_on: date | None
    due_is_provisional: bool
    results: list[ResultOut]
    changed_at: datetime
    version: int


class Changes(Schema):
    """The applications that changed, and the moment to ask from next time."""

    applications: list[StatusOut]
    next_since: datetime | None


class Opening(Strict):
    """A new draft for a household."""

    household: uuid.UUID
    applicant: uuid.UUID
    channel: Literal["window", "village"] = "window"


class Consenting(Strict):
    """One member's answer to the authorisation."""

    person: uuid.UUID
    given: bool
    signed_on: date
    guardian: Annotated[str, Field(max_length=40)] | None = None


class Choice(Strict):
    """A policy and, where it is for a person, who."""

    policy: Annotated[str, Field(max_length=60)]
    person: uuid.UUID | None = None


class Accepting(Strict):
    """What is accepted, and the version of the case that was seen."""

    asked: Annotated[list[Choice], Field(min_length=1, max_length=40)]
    version: int | None = None


class Opinion(Strict):
    """The first opinion on a decision."""

    agrees: bool
    opinion: Words


class Confirming(Strict):
    """The confirmation of a decision, and when the opinion that was seen was given (`proposed_at` of the case)."""

    seen: datetime
    words: Words = ""


class Refusing(Strict):
    """A refusal, in words and with its article, and when the opinion that was seen was given."""

    seen: datetime
    words: Words
    article: Annotated[str, Field(max_length=200)]


class DecisionOut(Schema):
    """One decision of a case."""

    decision: str
    policy: str
    state: str
    proposed_at: str


class CaseOut(Schema):
    """Where a case stands at the desk."""

    case: str
    number: str
    state: str
    version: int
    due_on: str
    decisions: list[DecisionOut]


Answer = dict[str, Any]
