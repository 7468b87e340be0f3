"""What differs between two studies, in words."""

from hypothesis import given
from hypothesis import strategies as st

from vistab.results.changes import changes

values = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(["target", "family", "seed"]), values)


@given(documents)
def test_a_study_does_not_differ_from_itself(document):
    assert changes(document, document) == ()


def test_each_differing_value_is_a_line_with_its_dotted_path():
    before = {"family": {"kind": "gan", "width": 64}, "seed": 0, "title": "a", "claims": []}
    after = {"family": {"kind": "gan", "depth": 2}, "seed": 1, "title": "b", "claims": [1]}
    assert changes(before, after) == (
        "family.width: 64 -> nothing",
        "seed: 0 -> 1",
        "family.depth: nothing -> 2",
    )
