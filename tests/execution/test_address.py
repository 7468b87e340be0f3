"""What `--address` may be, and what is said of anything else."""

import pytest

from vistab.errors import RequestError
from vistab.execution.address import check_address


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "localhost:6379", "head-1.a.b:80", "[::1]:1"])
def test_a_host_and_a_port_are_fine(address):
    check_address(address)


@pytest.mark.parametrize(
    ("address", "nearest"),
    [
        ("http://10.0.0.1:8265", "10.0.0.1:6379"),
        ("https://head/", "head:6379"),
        ("ray://10.0.0.1:10001", "10.0.0.1:6379"),
        ("ray://10.0.0.1:6380", "10.0.0.1:6380"),
        ("localhost", "localhost:6379"),
        ("nonsense", "nonsense:6379"),
        ("10.0.0.1:0", "10.0.0.1:6379"),
        ("10.0.0.1:99999", "10.0.0.1:6379"),
        ("10.0.0.1:abc", "10.0.0.1:6379"),
        (":6379", "localhost:6379"),
        ("10.0.0.1:6379 ", "10.0.0.1:6379"),
        ("auto", "auto:6379"),
        ("?", "localhost:6379"),
    ],
)
def test_anything_else_is_refused_in_one_line_with_what_may_have_been_meant(address, nearest):
    with pytest.raises(RequestError) as refused:
        check_address(address)
    assert str(refused.value).endswith(f"{address!r} got; nearest: {nearest}")
    assert "\n" not in str(refused.value)
    check_address(nearest)
