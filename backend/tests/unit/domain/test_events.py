"""Canonical bodies and the chain of their hashes."""

import hashlib
from decimal import Decimal

import pytest

from app.domain.events import GENESIS, EventKind, canonical_json, chain_hash


class TestCanonicalJson:
    def test_sorts_keys_at_every_depth_and_wastes_no_space(self) -> None:
        body = {"b": [{"z": None, "a": True}], "a": "1.5"}
        assert canonical_json(body) == '{"a":"1.5","b":[{"a":true,"z":null}]}'

    def test_is_the_same_for_equal_bodies_built_in_another_order(self) -> None:
        assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})

    def test_keeps_letters_as_they_are(self) -> None:
        assert canonical_json({"name": "Größe £"}) == '{"name":"Größe £"}'

    @pytest.mark.parametrize(
        "value", [0.5, float("nan"), [1.0], {"deep": [{"er": (0.1,)}]}, Decimal("1.5"), {1}, b""]
    )
    def test_refuses_floats_and_whatever_json_has_no_word_for(self, value: object) -> None:
        with pytest.raises(TypeError):
            canonical_json({"value": value})


class TestTheChain:
    def test_hashes_the_previous_link_the_kind_and_the_body(self) -> None:
        text = f"{GENESIS}\nopened\n{{}}\n"
        assert (
            chain_hash(previous=GENESIS, kind=EventKind.OPENED, body="{}")
            == hashlib.sha256(text.encode()).hexdigest()
        )

    def test_has_a_fixed_value_that_no_release_may_change(self) -> None:
        assert chain_hash(previous=GENESIS, kind=EventKind.OPENED, body='{"a":"1"}') == (
            "a28d8f0c7860f67b41089e4c18fd3bf9333c5982c8fb6aabfbcc27457006a497"
        )

    @pytest.mark.parametrize(
        "change",
        [{"previous": "1" * 64}, {"kind": EventKind.FILLED}, {"body": '{"a":"2"}'}],
        ids=["previous", "kind", "body"],
    )
    def test_breaks_with_every_part(self, change: dict[str, str]) -> None:
        link = {"previous": GENESIS, "kind": EventKind.OPENED, "body": '{"a":"1"}'}
        changed: dict[str, str] = link | change
        assert chain_hash(
            previous=changed["previous"], kind=EventKind(changed["kind"]), body=changed["body"]
        ) != chain_hash(previous=GENESIS, kind=EventKind.OPENED, body='{"a":"1"}')

    def test_shows_where_a_stored_event_was_altered(self) -> None:
        bodies = [canonical_json({"number": number}) for number in range(5)]
        heads = [GENESIS]
        for body in bodies:
            heads.append(chain_hash(previous=heads[-1], kind=EventKind.DECIDED, body=body))
        bodies[2] = canonical_json({"number": 20})
        links = zip(heads[:-1], bodies, heads[1:], strict=True)
        holds = [
            chain_hash(previous=previous, kind=EventKind.DECIDED, body=body) == head
            for previous, body, head in links
        ]
        assert holds == [True, True, False, True, True]
