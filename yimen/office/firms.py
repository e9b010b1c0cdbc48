"""
Bought verification (购买核查服务, 社会救助法第55、56条): a firm is an organisation of its own, let in by a contract.

Its people hold the post of a third party and no other, and nobody else holds it; the day after the contract's last day they are
out at the next click, whatever their posts say.
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from yimen.office import audit
from yimen.office.access import NotAllowed, require
from yimen.office.models import THIRD_PARTY, Department, Staff


@transaction.atomic
def add_firm(*, name: str, contract: str, starts_on: date, ends_on: date, by: Staff | None, at: datetime) -> Department:
    """Add a firm with its contract (第三方机构). Raises NotAllowed, in words, for a name that is taken or days that cannot be."""
    require("staff.manage")
    _check(name, contract, starts_on, ends_on)
    if Department.objects.filter(name=name.strip()).exists():
        raise NotAllowed(f"已经有“{name.strip()}”；合同续了的，请改它的合同。")
    number = Department.objects.filter(kind=Department.Kind.THIRD_PARTY).count() + 1
    firm = Department.objects.create(
        code=f"tp{number:03d}",
        name=name.strip()[:40],
        kind=Department.Kind.THIRD_PARTY,
        contract=contract.strip()[:60],
        contract_from=starts_on,
        contract_until=ends_on,
    )
    audit.write(action="firm.add", at=at, firm=firm.code, until=ends_on.isoformat())
    return firm


@transaction.atomic
def change_contract(*, firm: str, contract: str, starts_on: date, ends_on: date, by: Staff | None, at: datetime) -> Department:
    """Renew a firm's contract or end it before its day (续签、提前终止). Raises NotAllowed for what is no firm."""
    require("staff.manage")
    held = Department.objects.select_for_update().filter(code=firm, kind=Department.Kind.THIRD_PARTY).first()
    if held is None:
        raise NotAllowed("没有这个第三方机构，请刷新页面。")
    _check(held.name, contract, starts_on, ends_on)
    held.contract, held.contract_from, held.contract_until = contract.strip()[:60], starts_on, ends_on
    held.save(update_fields=["contract", "contract_from", "contract_until"])
    audit.write(action="firm.contract", at=at, firm=held.code, until=ends_on.isoformat())
    return held


def _check(name: str, contract: str, starts_on: date, ends_on: date) -> None:
    if not name.strip() or not contract.strip():
        raise NotAllowed("请写机构名称和合同编号。")
    if ends_on < starts_on:
        raise NotAllowed(f"合同到期日 {ends_on} 早于起始日 {starts_on}，请核对。")


def firms() -> QuerySet[Department]:
    """Return the firms with their people, those whose contract runs longest first."""
    require("staff.manage")
    rows = Department.objects.filter(kind=Department.Kind.THIRD_PARTY)
    return rows.prefetch_related("staff").order_by("-contract_until", "code")


def refuse_mixed(staff: Staff, kind: str) -> None:
    """Raise NotAllowed unless a firm's people get the firm's post, and nobody else does."""
    is_firm = staff.department is not None and staff.department.kind == Department.Kind.THIRD_PARTY
    if is_firm and kind != THIRD_PARTY:
        raise NotAllowed(f"{staff.name}是第三方机构的人，只能任“第三方核查”岗；结论由乡镇、县里出（社会救助法第55、56条）。")
    if kind == THIRD_PARTY and not is_firm:
        raise NotAllowed("“第三方核查”岗只给第三方机构的人。请先登记机构和合同，新增人员时选那个机构。")
