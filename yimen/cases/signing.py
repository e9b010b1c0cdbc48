"""
Who signs (谁签字): an adult signs for themselves, a guardian for a minor and for who has no or limited capacity.

Source: 社会救助法第41条; a guardian beyond the parents on the roster, and the incapacity of an adult, are recorded in the
registry with a paper that two have seen (监护).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from yimen.registry.queries import ADULT, CAPACITIES, GuardianNow, HouseholdCard, Member, guardians_of, is_parent


def signers_of(card: HouseholdCard, on: date) -> Mapping[uuid.UUID, Sequence[GuardianNow]]:
    """Return the recorded guardians of a household's members, by ward: a minor, or an adult without full capacity."""
    found: dict[uuid.UUID, list[GuardianNow]] = {}
    for one in guardians_of(people=[member.person_id for member in card.members], on=on):
        found.setdefault(one.ward, []).append(one)
    return found


def signature_problem(member: Member, guardian_name: str | None, guardians: Sequence[GuardianNow], *, given: bool) -> str:
    """Say why an authorisation cannot be signed for a member by this guardian (None: by themselves), or nothing."""
    name = (guardian_name or "").strip()
    names = "、".join(one.name for one in guardians)
    if member.age >= ADULT and not guardians:
        if not name:
            return ""
        return (
            f"{member.name}是成年人，没有登记为无、限制民事行为能力，授权书要本人签。"
            "确实不能自己签的，先在家庭页的“监护”里登记文书，由别人核对。"
        )
    if not name:
        if member.age < ADULT and not given:
            return ""
        why = "未满十八周岁" if member.age < ADULT else f"登记为{CAPACITIES[guardians[0].capacity]}"
        return f"{member.name}{why}，授权书由监护人代签，请写明监护人{f'（{names}）' if names else ''}。"
    if guardians and name not in {one.name for one in guardians}:
        return f"{member.name}登记的监护人是{names}，不是{name}。监护人变了的，先在“监护”里更正。"
    return ""


def signs_for_at_home(card: HouseholdCard, applicant: Member, on: date) -> list[Member]:
    """
    Return for whom somebody who applies from home may sign there: for themselves, for whom they are recorded as guardian,
    and, where nobody is, as father or mother for a minor. A minor, and who has a guardian, signs for nobody.
    """
    guardians = signers_of(card, on)
    if applicant.age < ADULT or applicant.person_id in guardians:
        return []
    return [one for one in card.members if _acts_for(applicant, one, guardians.get(one.person_id, ()))]


def _acts_for(applicant: Member, member: Member, guardians: Sequence[GuardianNow]) -> bool:
    if guardians:
        return applicant.person_id in {one.person for one in guardians}
    return member.person_id == applicant.person_id or (member.age < ADULT and is_parent(applicant, member))
