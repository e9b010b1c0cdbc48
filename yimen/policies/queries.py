"""The door of policies: read rules, ask them about one household, write the program for many, check the examples."""

from yimen.policies.answers import (
    Answer,
    ConditionAnswer,
    Explainer,
    HouseholdAnswers,
    Line,
    Relation,
    Situation,
    margin_yuan,
    relations_between,
)
from yimen.policies.closures import NOT_COUNTED
from yimen.policies.compiled import CompiledPolicy, share_fen
from yimen.policies.evaluate import evaluate
from yimen.policies.examples import Survivor, failures, survivors
from yimen.policies.folder import Form, Place, Rules, load_rules
from yimen.policies.known import NotAFact, Where, counts
from yimen.policies.parameters import Parameter, is_area_code
from yimen.policies.program import SQL_KINDS, Program, program
from yimen.policies.questions import Question, next_questions
from yimen.policies.source import Problem, RuleError
from yimen.policies.sql import quoted, text

__all__ = [
    "NOT_COUNTED",
    "SQL_KINDS",
    "Answer",
    "CompiledPolicy",
    "ConditionAnswer",
    "Explainer",
    "Form",
    "HouseholdAnswers",
    "Line",
    "NotAFact",
    "Parameter",
    "Place",
    "Problem",
    "Program",
    "Question",
    "Relation",
    "RuleError",
    "Rules",
    "Situation",
    "Survivor",
    "Where",
    "counts",
    "evaluate",
    "failures",
    "is_area_code",
    "load_rules",
    "margin_yuan",
    "next_questions",
    "program",
    "quoted",
    "relations_between",
    "share_fen",
    "survivors",
    "text",
]
