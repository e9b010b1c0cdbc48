"""What a person fills in at home, a page at a time: what can still change a result, what to ask for, papers, authorisation."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.cases.actions import Asked, NotAccepted, add_page, drop_page, keep_online, submit_online
from yimen.cases.queries import ME, Online, needs_comparison, online_draft, papers_for, policy_at, signers_of, signs_for_at_home
from yimen.office.once import OtherContent, once
from yimen.office.pictures import MOST_BYTES
from yimen.office.queries import codes_of
from yimen.policies.model import Policy
from yimen.policies.queries import Rules
from yimen.registry.queries import ADULT
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered
from yimen.web.citizen.limits import asked_too_often, count
from yimen.web.citizen.progress import HOTLINE
from yimen.web.citizen.seat import RECEIPT, at_home, filling, frame, leave, seat_of
from yimen.web.photos import photo_answer
from yimen.web.window.drafting import kept, new_key
from yimen.web.window.help import choices_of, policy_names, taken, town_or_country_first
from yimen.web.window.offers import Groups
from yimen.web.window.rounds import HOUSEHOLD, Ask, Round, household_round, stranger_round
from yimen.web.window.said import Said

SIGNED = "授权"
LONGEST, MOST_ANSWERS = 200, 200
# Thirty photos in ten minutes from one address; whoever fills our disk is soon done.
PHOTOS, WEIGHT = "online_photo", 2


class Filled:
    """A draft with the rules laid to it: with what is known, once it is proven who asks; else with what was said alone."""

    def __init__(self, online: Online) -> None:
        self.online, self.form = online, online.form
        self.rules: Rules = current_rules()
        self.on = timezone.localdate()

    @cached_property
    def held(self) -> RegisteredAnswers | None:
        """What is known of the household, once it is proven who asks."""
        home = self.online.row.household_id
        return explain_registered(household_id=home, on=self.on, rules=self.rules) if home else None

    @property
    def me(self) -> str:
        """How the applicant is called in the draft."""
        return self.online.row.person_id.hex if self.online.row.person_id else ME

    @property
    def area_path(self) -> str:
        """Where the rules of the place are looked up."""
        return self.held.card.area_path if self.held else self.online.row.area_path

    @property
    def said(self) -> list[Said]:
        """What was answered, as the questions carry it; a stranger's answers are all about one."""
        return [Said(one["who"] if self.held else "", one["fact"], one.get("text")) for one in self.form.said]

    @property
    def told_by_number(self) -> list[Said]:
        """What the typed ID number says by itself, so that nobody is asked for it."""
        number = self.form.number
        born, sex = f"{number[6:10]}-{number[10:12]}-{number[12:14]}", "男" if int(number[16]) % 2 else "女"
        return [Said("", name, text) for name, text in (("出生日期", born), ("性别", sex)) if name in self.rules.catalogue.facts]

    def round(self, said: Sequence[Said]) -> Round:
        """What the rules make of it."""
        if self.held:
            return household_round(self.held, said, rules=self.rules, on=self.on)
        said = [*self.told_by_number, *said]
        return stranger_round(said, rules=self.rules, on=self.on, areas=codes_of(self.area_path))

    def offers(self) -> Groups:
        """What can be asked for from here: the household's and one's own. How it stands with another member is theirs to see."""
        found = self.round(self.said)
        mine = [one for one in found.answers if one[0] in (HOUSEHOLD, self.me)]
        return replace(found, answers=mine).groups(self.rules)

    def asks(self, said: Sequence[Said]) -> list[Ask]:
        """What can still change a result, the most decisive first."""
        found = self.round(said).asks(self.rules, said)
        return found if self.held else town_or_country_first(found, said, self.rules)

    def rows(self, said: Sequence[Said]) -> list[dict[str, Any]]:
        """The answers as a draft keeps them."""
        facts = self.rules.catalogue.facts
        rows = kept([one for one in said if one.fact in facts], facts)
        if self.held:
            return rows
        return [row | {"who": ME if facts[row["fact"]].subject == "人" else ""} for row in rows]

    @property
    def names(self) -> Mapping[str, str]:
        """The members by key; a stranger is only “本人”."""
        if self.held is None:
            return {ME: "本人"}
        return {one.person_id.hex: one.name for one in self.held.card.members}

    @property
    def policies(self) -> list[Policy]:
        """The policies that were chosen, each once."""
        names = dict.fromkeys(policy for policy, _ in self.form.asked)
        found = [policy_at(one, area_path=self.area_path, rules=self.rules, on=self.on) for one in names]
        return [one for one in found if one is not None]


@filling
def ask(request: HttpRequest, online: Online) -> HttpResponse:
    """Ask one thing a page; an answer is in the draft before the next question is shown."""
    held, problem = Filled(online), ""
    before = held.said
    if request.method == "POST":
        said, problem = _answered(request, before, held.rules)
        if not problem and said != before:
            keep_online(online=online.row.pk, at=timezone.now(), said=held.rows(said))
            return HttpResponseRedirect(reverse("online_ask"))
    asks = held.asks(before)
    shown = {
        "ask": asks[0] if asks else None,
        "choices": choices_of(asks[0]) if asks else (),
        "helps": policy_names(asks[0].helps, held.rules) if asks else [],
        "left": len(asks),
        "is_known": held.held is not None,
        "answered": len(before),
        "problem": problem,
        "typed": request.POST.get("value", "") if problem else "",
    }
    return render(request, "citizen/ask_one.html", frame("online_ask", **shown), status=422 if problem else 200)


def _answered(request: HttpRequest, before: list[Said], rules: Rules) -> tuple[list[Said], str]:
    """Take an answer in; one that is sent again, or an undoing of what is undone already, changes nothing."""
    if request.POST.get("answered") != str(len(before)):
        return before, ""
    if len(request.POST.get("value", "")) > LONGEST or (len(before) >= MOST_ANSWERS and request.POST.get("do") != "undo"):
        return before, "写得太长了，或者问得够多了。请写短一点，或者去选要申请的。"
    return taken(request, before, rules)


@filling
def choose(request: HttpRequest, online: Online) -> HttpResponse:
    """Tick what to apply for; what can be received is ticked beforehand."""
    held, problem = Filled(online), ""
    groups = held.offers()
    if request.method == "POST":
        asked = list(_asked(request.POST.getlist("asked"), held))
        if asked:
            matter = request.POST.get("matter", "").strip()[:120]
            keep_online(online=online.row.pk, at=timezone.now(), asked=asked, matter=matter)
            return HttpResponseRedirect(reverse("online_papers"))
        problem = "还没有选。请至少选一项；拿不准的也可以选上，窗口会帮您看。"
    ticked = {f"{policy}|{who}" for policy, who in online.form.asked} or {
        value for offer in groups.yes for value, _ in _boxes(offer, held)
    }
    shown = {
        "groups": _lines(groups, held, ticked),
        "has_others": len(held.names) > 1,
        "matter": online.form.matter,
        "problem": problem,
    }
    return render(request, "citizen/choose.html", frame("online_choose", **shown), status=422 if problem else 200)


def _boxes(offer: Any, held: Filled) -> list[tuple[str, str]]:
    """Return the boxes of one policy: what each sends, and for whom it is."""
    if offer.policy.subject != "人":
        return [(f"{offer.policy.id}|", "全家")]
    if held.held is None:
        return [(f"{offer.policy.id}|{ME}", "本人")]
    return [(f"{offer.policy.id}|{who}", held.names.get(who, "")) for who in offer.people or (held.me,)]


def _lines(groups: Groups, held: Filled, ticked: set[str]) -> list[tuple[str, list[Any]]]:
    named = (("看来可以享受的", groups.yes), ("也许可以，还要核实的", groups.maybe), ("目前看不符合的", groups.no))
    return [
        (words, [(one.policy, one.why, [(value, who, value in ticked) for value, who in _boxes(one, held)]) for one in offers])
        for words, offers in named
    ]


def _asked(values: Sequence[str], held: Filled) -> Any:
    """Yield what was ticked, if the rules know it and it is for the household or for whoever applies."""
    for text in dict.fromkeys(values):
        name, _, who = text.partition("|")
        policy = policy_at(name, area_path=held.area_path, rules=held.rules, on=held.on)
        if policy is not None and who == (held.me if policy.subject == "人" else HOUSEHOLD):
            yield name, who


@filling
def papers(request: HttpRequest, online: Online) -> HttpResponse:
    """Photograph the papers; what is missing is told all together, and what data proves nobody has to bring."""
    held, problem = Filled(online), ""
    if not online.form.asked:
        return HttpResponseRedirect(reverse("online_choose"))
    rows = [row for row in papers_for(policies=held.policies, held=held.held) if SIGNED not in row[0]]
    if request.method == "POST":
        try:
            _paper_posted(request, online, {name for name, *_ in rows})
            return HttpResponseRedirect(reverse("online_papers"))
        except NotAccepted as refusal:
            problem = str(refusal)
    lines = [
        (name, proof, wanting, [uuid.UUID(one) for one in online.form.papers.get(name, ())]) for name, proof, wanting in rows
    ]
    shown = {
        "papers": [one for one in lines if not one[1]],
        "proved": [name for name, proof, *_ in lines if proof],
        "missing": [name for name, proof, _, pages in lines if not proof and not pages],
        "problem": problem,
    }
    return render(request, "citizen/papers.html", frame("online_papers", **shown), status=422 if problem else 200)


def _paper_posted(request: HttpRequest, online: Online, wanted: set[str]) -> None:
    name, at = request.POST.get("paper", ""), timezone.now()
    if name not in wanted:
        raise NotAccepted("没有这份材料，请刷新页面再试。")
    if drop := request.POST.get("drop"):
        drop_page(online=online.row.pk, paper=name, photo=drop, at=at)
        return
    if asked_too_often(request, PHOTOS):
        raise NotAccepted("传得太多了。请过 10 分钟再传；这份申请已经存好，不会丢。")
    for content in [file.read(MOST_BYTES + 1) for file in request.FILES.getlist("photo")] or [b""]:
        count(request, WEIGHT, PHOTOS)
        add_page(online=online.row.pk, paper=name, photo=content, at=at)


def photo(request: HttpRequest, photo_id: uuid.UUID) -> HttpResponseBase:
    """Show somebody a picture of their own draft, and nobody another's."""
    key = seat_of(request)
    with at_home(request):
        online = online_draft(online=key) if key else None
        if online is None or photo_id not in online.form.photos:
            raise Http404
        return photo_answer(photo_id, purpose="看自己上传的材料")


def sign(request: HttpRequest) -> HttpResponse:
    """Authorise, declare and submit; sent three times it is submitted once, and gets the same answer."""
    key = seat_of(request)
    if request.method == "POST" and key is not None:
        problem = _submitted(request, key)
        if not problem:
            leave(request)
            return HttpResponseRedirect(reverse("online_done"))
        return _sign(request, problem=problem)
    return _sign(request)


@filling
def _sign(request: HttpRequest, online: Online, *, problem: str = "") -> HttpResponse:
    held = Filled(online)
    if not online.form.asked:
        return HttpResponseRedirect(reverse("online_choose"))
    members = held.held.card.members if held.held else []
    me = next((one for one in members if one.person_id.hex == held.me), None)
    guardians = signers_of(held.held.card, held.on) if held.held else {}
    wards = [one for one in members if one is not me and (one.age < ADULT or one.person_id in guardians)]
    mine = signs_for_at_home(held.held.card, me, held.on) if held.held and me else []
    asked = [Asked(policy) for policy, _ in online.form.asked]
    shown = {
        "compared": needs_comparison(asked, area_path=held.area_path, on=held.on),
        "wards": [(one.person_id.hex, one.name) for one in wards if one in mine],
        "others": [one.name for one in wards if one not in mine],
        "adults": [one.name for one in members if one is not me and one not in wards],
        "is_ward": me is not None and me.person_id in guardians,
        "is_known": held.held is not None,
        "proof": online.row.proof,
        "names": [policy.name for policy in held.policies],
        "matter": online.form.matter,
        "key": request.POST.get("key") or new_key(),
        "typed": request.POST,
        "problem": problem,
    }
    return render(request, "citizen/sign.html", frame("online_sign", **shown), status=422 if problem else 200)


def _submitted(request: HttpRequest, key: uuid.UUID) -> str:
    """Submit once; return why not, or nothing."""
    post, now = request.POST, timezone.now()
    consents = {name.removeprefix("consent-"): post[name] for name in post if name.startswith("consent-")}
    consents = {who: answer for who, answer in consents.items() if answer in ("yes", "no")}
    declared = post.get("declared") == "1"

    def do() -> dict[str, str]:
        keep_online(online=key, at=now, consents=consents, declared=declared)
        return {"receipt": submit_online(online=key, at=now)}

    content = {"online": key.hex, "consents": consents, "declared": declared}
    try:
        with at_home(request):
            done = once(key=post.get("key", "")[:64], action="online.submit", content=content, at=now, do=do)
    except (NotAccepted, OtherContent) as refusal:
        return str(refusal)
    request.session[RECEIPT] = done["receipt"]
    return ""


def done(request: HttpRequest) -> HttpResponse:
    """Show the receipt: the code, where to ask, and what comes next."""
    code = request.session.get(RECEIPT)
    if not code:
        return HttpResponseRedirect(reverse("online"))
    address = request.build_absolute_uri(reverse("progress_of", args=[code]))
    shown = {
        "code": f"{code[:5]} {code[5:]}",
        "address": reverse("progress_of", args=[code]),
        "drawn": segno.make(address, error="m").svg_data_uri(scale=5, border=4, dark="#1b2521", light="#ffffff"),
        "hotline": HOTLINE,
    }
    return render(request, "citizen/done.html", shown)
