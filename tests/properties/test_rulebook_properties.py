"""What holds for every rulebook: priorities decide, users win, every value has an origin, YAML is faithful."""

import json
import random
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.adapters.rulebook_document import RulebookDocument, load_rulebook
from allocast.inventory.segments.clashes import TARGETS
from allocast.inventory.segments.effective import BUILT_IN, effective_values, touched
from allocast.inventory.segments.rules import PolicyValues, Rule, Rulebook, UserValue

few = settings(max_examples=40, deadline=None)
LABELS = ["A", "B", "C"]
SEGMENTS = pd.DataFrame(
    {
        "item_id": [f"i{k}" for k in range(9)],
        "location_id": "here",
        "abc": [label for label in LABELS for _ in LABELS],
        "importance": LABELS * 3,
    }
)
NAMES = ["champion", "order_up_to", "{kind: fixed_quantity, batch_units: 24.0}", "projected_need"]


def values_of(target, policy):
    """Values with at most one of the two targets, and a policy that may stand beside it."""
    return PolicyValues(**target, policy="fill_rate" if policy and "fill_rate" in target else policy)


others = st.builds(
    PolicyValues,
    largest_cover_periods=st.none() | st.just("unlimited") | st.floats(0.5, 52),
    stocked=st.none() | st.booleans(),
)
targets = (
    st.just({})
    | st.fixed_dictionaries({"cycle_service_level": st.just("own") | st.floats(0.01, 0.99)})
    | st.fixed_dictionaries({"fill_rate": st.floats(0.01, 0.99)})
)
steered = st.builds(values_of, targets, st.none() | st.sampled_from(NAMES))
values = st.builds(
    lambda one, other: replace(one, largest_cover_periods=other.largest_cover_periods, stocked=other.stocked),
    steered,
    others,
)
said = values.filter(lambda value: value.said())
where = st.dictionaries(
    st.sampled_from(["abc", "importance"]),
    st.lists(st.sampled_from(LABELS), min_size=1, unique=True).map(tuple),
    max_size=2,
)


@st.composite
def rulebooks(draw):
    """Rules with priorities of their own, and values of users for series of their own."""
    bodies = draw(st.lists(st.tuples(where, said), max_size=6))
    priorities = draw(st.permutations(range(1, len(bodies) + 1)))
    rules = tuple(
        Rule(name=f"r{place}", priority=priority, where=chosen, then=then)
        for place, (priority, (chosen, then)) in enumerate(zip(priorities, bodies, strict=True))
    )
    users = draw(st.dictionaries(st.sampled_from(SEGMENTS["item_id"].tolist()), said, max_size=4))
    owned = tuple(
        UserValue(item_id=item, location_id="here", by="anna", then=then) for item, then in users.items()
    )
    return Rulebook(defaults=draw(values), rules=rules, values=owned)


def plain(value):
    return (
        {"own": float("nan"), "unlimited": float("inf")}.get(value, value)
        if isinstance(value, str)
        else value
    )


def equal(one, other):
    return one == other or (one != one and other != other)


@few
@given(rulebooks(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_users_never_matters(book, shuffler: random.Random):
    rules, users = list(book.rules), list(book.values)
    shuffler.shuffle(rules)
    shuffler.shuffle(users)
    turned = Rulebook(defaults=book.defaults, rules=tuple(rules), values=tuple(users))
    pd.testing.assert_frame_equal(effective_values(book, SEGMENTS), effective_values(turned, SEGMENTS))


@few
@given(rulebooks())
def test_a_users_value_always_wins(book):
    table = effective_values(book, SEGMENTS).set_index("item_id")
    for user in book.values:
        for name, value in user.then.said().items():
            assert equal(table.loc[user.item_id, name], plain(value))
            assert table.loc[user.item_id, f"{name}_from"] == "user: anna"


def speakers_of(book, reached, row, series):
    """Who says something of a series: the user, then rules by priority, then defaults."""
    speakers = [(f"user: {u.by}", u.then) for u in book.values if u.item_id == series["item_id"]]
    speakers += [
        (f"rule: {rule.name}", rule.then)
        for rule in sorted(book.rules, key=lambda rule: rule.priority)
        if reached[rule.name][row]
    ]
    return [*speakers, ("default", book.defaults), ("default", BUILT_IN)]


def first(speakers, *names):
    """Place, origin and values of the first who says one of these."""
    return next((k, *one) for k, one in enumerate(speakers) if set(names) & set(one[1].said()))


@few
@given(rulebooks())
def test_every_value_is_that_of_the_first_who_says_one(book):
    """Found again series by series."""
    table = effective_values(book, SEGMENTS)
    reached = {rule.name: touched(rule, SEGMENTS) for rule in book.rules}
    for row, series in SEGMENTS.iterrows():
        speakers = speakers_of(book, reached, row, series)
        for name in ("largest_cover_periods", "stocked"):
            _, origin, then = first(speakers, name)
            assert table.loc[row, f"{name}_from"] == origin
            assert equal(table.loc[row, name], plain(then.said()[name]))


@few
@given(rulebooks())
def test_one_target_holds_and_a_fill_rate_brings_its_policy(book):
    table = effective_values(book, SEGMENTS)
    reached = {rule.name: touched(rule, SEGMENTS) for rule in book.rules}
    for row, series in SEGMENTS.iterrows():
        speakers = speakers_of(book, reached, row, series)
        place, origin, then = first(speakers, *TARGETS)
        named, namer, chosen = first(speakers, "policy")
        for name in TARGETS:
            assert table.loc[row, f"{name}_from"] == origin
            assert equal(table.loc[row, name], plain(then.said().get(name, float("nan"))))
        brought = then.fill_rate is not None and place < named
        expected = ("fill_rate", origin) if brought else (chosen.policy, namer)
        assert (table.loc[row, "policy"], table.loc[row, "policy_from"]) == expected


@few
@given(rulebooks())
def test_a_document_comes_back_from_yaml_as_it_was(book):
    said = {"name": "any", "effective_from": "2024-02-29", **spoken(book)}
    document = RulebookDocument.model_validate_json(json.dumps(said))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(document.to_yaml(), encoding="utf-8")
        again = load_rulebook(path)
    assert again == document
    assert again.version == document.version
    assert again.rulebook.without("none") == document.rulebook
    for rule, ours in zip(book.rules, again.rules, strict=True):
        assert rule.then.said() == ours.then.said()


def spoken(book):
    """A rulebook as a file has it: what is not said is not there, and a policy with settings is a section."""

    def shortened(value):
        if isinstance(value, dict):
            return {name: shortened(inner) for name, inner in value.items() if inner is not None}
        if isinstance(value, (list, tuple)):
            return [shortened(inner) for inner in value]
        return (
            {"kind": "fixed_quantity", "batch_units": 24}
            if isinstance(value, str) and "batch" in value
            else value
        )

    return shortened(asdict(book))
