import uuid

from django.db import migrations
from django.utils.timezone import localdate

FINAL = ("confirmed", "refused", "referred", "dropped")


def tell_what_is_in_hand(apps, schema_editor):
    """Tell screening what the cases of before are handling; from now on every step tells it."""
    case, decision, in_hand = apps.get_model("cases", "Case"), apps.get_model("cases", "Decision"), apps.get_model("screening", "InHand")
    found = {}
    for one in case.objects.filter(state__in=("draft", "submitted", "accepted")).select_related("finding"):
        if one.state == "submitted" or (one.state == "draft" and one.papers_told_at):
            for policy, who in one.asked:
                found[one.pk, policy, uuid.UUID(who) if who else one.household_id] = (one.number or "", None)
        goes_on = one.state == "accepted" if one.kind == "finding" else one.kind == "application" and one.state != "accepted"
        if one.finding_id and one.finding.kind == "missed" and goes_on:
            found[one.pk, one.finding.policy, one.finding.subject_id] = (one.number or "", None)
    for one in decision.objects.filter(effect="give").select_related("case", "grant"):
        subject = one.person_id or one.household_id
        if one.state not in FINAL:
            found[one.case_id, one.policy, subject] = (one.case.number or "", None)
            if one.policy == "urgent_temporary_aid":
                found[one.case_id, "small_emergency_aid", subject] = (one.case.number or "", None)
        elif one.state == "confirmed" and one.grant_id and one.decided_at and one.grant.starts_on > localdate(one.decided_at):
            found[one.case_id, one.policy, subject] = (one.case.number or "", one.grant.starts_on)
    in_hand.objects.bulk_create(
        [
            in_hand(case_id=case_id, policy=policy, subject_id=subject, number=number, until=until)
            for (case_id, policy, subject), (number, until) in found.items()
        ],
        batch_size=1000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0021_first_task'),
        ('screening', '0004_in_hand'),
    ]

    operations = [migrations.RunPython(tell_what_is_in_hand, migrations.RunPython.noop)]
