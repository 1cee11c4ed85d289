"""The guard: nothing private is ever reached, whatever the spelling."""

import csv
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import UsageError
from gleanset.fetch.addresses import is_public, parse_address
from gleanset.fetch.guard import Aim, Guard, address_allowed
from gleanset.terms.outcome import Failure
from gleanset.urls import normalise

PUBLIC = "93.184.216.34"
PRIVATE_V4 = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "172.31.255.255",
    "100.64.0.1",
    "0.0.0.0",
]


@pytest.mark.material
def test_every_known_attack_vector_gets_its_due(material: Path) -> None:
    """The table of forbidden and harmless addresses is right in every row."""
    path = material / "lists" / "forbidden_addresses.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 70
    wrong = [
        row
        for row in rows
        if address_allowed(row["url"], row["dns_answers"].split() or None) != (row["expected"] == "allow")
    ]
    assert wrong == []


@pytest.mark.material
def test_real_urls_are_not_refused(material: Path) -> None:
    """At most one in a thousand URLs of a real list is refused when its name has a public address."""
    urls = (material / "lists" / "img2dataset_test_1000.txt").read_text(encoding="utf-8").split("\n")
    refused = [url for url in urls if url and not address_allowed(url, [PUBLIC])]
    assert len(refused) <= len(urls) / 1000, refused


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1./",
        "http://127.1/",
        "http://017700000001/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://\u200b127.0.0.1/",
        "http://1572395042/",  # a public address, spelt to deceive
        "http://93.184.216.34\\@127.0.0.1/",
        "http:\\\\93.184.216.34/",
        "http://93.184.216.34:0/",
        "http://93.184.216.34:22/",
        "http://93.184.216.34:80:80/",
        "http://user@93.184.216.34/",
        "http://@93.184.216.34/",
        "http://93.184.216.34\t/",
        "http://93.184.216.34/\n",
        "http://93.184.216.34/\x00",
        "http://[fe80::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[fec0::1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:8.8.8.8%251]/",
        "http://192.88.99.1/",
        "http://192.0.0.192/",
        "http://255.255.255.255/",
        "//93.184.216.34/",
        "http:",
        "",
        "http://",
        "http:///",
        "http://\ud800/",
        "\ud800",
        "https://metadata.google.internal/computeMetadata/v1/",
        "http://printer.home.arpa/",
        "http://intranet/",
        "http://com/",
        "http://a.localhost./",
    ],
)
def test_odd_spellings_are_refused_even_when_the_answer_is_public(url: str) -> None:
    """A URL that different parsers read differently is refused for that alone."""
    assert not address_allowed(url, [PUBLIC])


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/a.jpg",
        "HTTP://93.184.216.34/a.jpg",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://[2606:2800:220:1::1]:8443/a",
        "http://93.184.216.34?x",
        "http://93.184.216.34:/",
    ],
)
def test_public_literals_need_no_answer(url: str) -> None:
    """An address in the URL is its own answer."""
    assert address_allowed(url)


def test_names_need_an_answer_and_all_of_it_public() -> None:
    """One bad address refuses the name: the next connection might go there."""
    url = "http://www.example.com/a.jpg"
    assert address_allowed(url, [PUBLIC, "8.8.8.8"])
    assert not address_allowed(url)
    assert not address_allowed(url, [])
    assert not address_allowed(url, [PUBLIC, "127.0.0.1"])
    assert not address_allowed(url, ["::1", PUBLIC])
    assert not address_allowed(url, ["2130706433"])
    assert not address_allowed(url, ["fe80::1%eth0"])
    assert not address_allowed(url, ["www.example.com"])


def test_a_backslash_in_the_path_is_no_reason() -> None:
    """Two of 12,496 real URLs have one there."""
    assert address_allowed("http://www.example.com/a\\b.jpg", [PUBLIC])
    assert not address_allowed("http://www.example.com\\a\\b.jpg", [PUBLIC])


@given(st.one_of(st.text(), st.none(), st.binary(), st.integers()), st.one_of(st.none(), st.lists(st.text())))
def test_the_guard_never_raises(url: object, answers: list[str] | None) -> None:
    """Whatever it is asked, it says yes or no."""
    assert address_allowed(url, answers) in (True, False)  # type: ignore[arg-type]


def spellings(address: IPv4Address) -> list[str]:
    """Ways to write an IPv4 address that some parser somewhere understands."""
    n, parts = int(address), str(address).split(".")
    octets = [int(part) for part in parts]
    wide = str(address).translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    return [
        str(address),
        f"{address}.",
        str(n),
        hex(n),
        f"0{n:o}",
        ".".join(hex(octet) for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{n & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{n & 0xFFFF}",
        wide,
        str(address).replace(".", "。"),
        f"%{ord(parts[0][0]):x}{str(address)[1:]}",
        f"[::ffff:{address}]",
        f"[::{address}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{n >> 16:x}:{n & 0xFFFF:x}::]",
        f"{address}%00.example.com",
        f"example.com@{address}",
        f"example.com:80@{address}",
        f"{address}\\@example.com",
        f"example.com\\@{address}",
    ]


private_v4 = st.one_of(
    st.ip_addresses(v=4, network="10.0.0.0/8"),
    st.ip_addresses(v=4, network="127.0.0.0/8"),
    st.ip_addresses(v=4, network="169.254.0.0/16"),
    st.ip_addresses(v=4, network="172.16.0.0/12"),
    st.ip_addresses(v=4, network="192.168.0.0/16"),
    st.ip_addresses(v=4, network="224.0.0.0/3"),
    st.ip_addresses(v=4, network="0.0.0.0/8"),
)


@given(private_v4, st.sampled_from(["http", "https"]), st.sampled_from(["", ":80", ":8080", ":"]))
def test_nothing_private_passes_whatever_the_spelling(address: IPv4Address, scheme: str, port: str) -> None:
    """Neither as it stands in a list nor after normalising, as on the way to the wire."""
    for host in spellings(address):
        url = f"{scheme}://{host}{port}/x.jpg"
        assert not address_allowed(url, [PUBLIC]), url
        wire = normalise(url)
        if wire is None:
            continue
        aim = Guard().aim(wire)
        if isinstance(aim, Aim) and aim.pinned is not None:
            assert is_public(ip_address(aim.pinned[0])), url


@given(st.one_of(private_v4, st.ip_addresses(v=6)))
def test_private_answers_never_pass(address: IPv4Address | IPv6Address) -> None:
    """DNS may say what it likes; of IPv6 only what is given out to the public passes."""
    allowed = address_allowed("http://www.example.com/", [str(address)])
    mapped = getattr(address, "ipv4_mapped", None)
    if allowed:
        assert isinstance(address, IPv6Address)
        assert mapped is not None or str(address).startswith(("2", "3"))
    assert not (allowed and (address.is_private or address.is_loopback or address.is_multicast))


def test_mapped_addresses_are_unwrapped() -> None:
    """``::ffff:10.0.0.1`` is 10.0.0.1 and nothing else."""
    assert parse_address("::ffff:10.0.0.1") == IPv4Address("10.0.0.1")
    assert parse_address("010.0.0.1") is None
    assert parse_address("127.1") is None


def test_a_rule_pins_names_and_never_literals() -> None:
    """``*`` is every name; who writes an address into a list gets the rule for addresses."""
    guard = Guard(resolve=["*=127.0.0.1:8099"])
    assert guard.aim("http://a.example/x") == Aim("a.example", 80, ("127.0.0.1", 8099))
    assert guard.aim("https://a.example:6379/x") == Aim("a.example", 6379, ("127.0.0.1", 8099))
    assert guard.aim("http://localhost/x") == Aim("localhost", 80, ("127.0.0.1", 8099))
    assert guard.aim("http://127.0.0.1:8099/x") is Failure.BLOCKED_ADDRESS
    assert guard.aim("http://10.0.0.1/") is Failure.BLOCKED_ADDRESS
    assert guard.aim("http://[::1]:8099/x") is Failure.BLOCKED_ADDRESS


def test_a_rule_covers_the_hosts_that_match_and_no_others() -> None:
    """The first rule that matches counts; without a port the URL's own is kept."""
    guard = Guard(resolve=["img.a.example=10.0.0.7", "a.example=[::1]:81"])
    assert guard.aim("http://img.a.example:9000/") == Aim("img.a.example", 9000, ("10.0.0.7", 9000))
    assert guard.aim("http://www.a.example/") == Aim("www.a.example", 80, ("::1", 81))
    assert guard.aim("http://b.example/") == Aim("b.example", 80, None)
    assert guard.aim("http://b.example:9000/") is Failure.BLOCKED_ADDRESS


@pytest.mark.parametrize("rule", ["*=127.0.0.1:80", "*.invalid=127.0.0.1:80"])
def test_every_name_means_those_that_cannot_exist_as_well(rule: str) -> None:
    """A rule goes before what the DNS would say of ``.invalid``."""
    aim = Guard(resolve=[rule]).aim("http://gone.invalid/")
    assert isinstance(aim, Aim)
    assert aim.pinned == ("127.0.0.1", 80)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "=",
        "x",
        "x=",
        "=1.2.3.4",
        "x=host",
        "x=1.2.3",
        "x=1.2.3.4:0",
        "x=1.2.3.4:65536",
        "x=::1",
        "x=[::1",
        "x=[x]:1",
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    """With the rule and an example of a good one."""
    with pytest.raises(UsageError, match="--resolve"):
        Guard(resolve=[rule])


def test_a_network_that_cannot_be_read_is_refused() -> None:
    """Silence would leave the user with a rule that never applies."""
    with pytest.raises(UsageError, match=r"10\.0\.0\.0/33"):
        Guard(allow_private=["10.0.0.0/33"])


def test_allowing_a_network_lifts_the_rule_for_it_alone() -> None:
    """Ports and inner names too, for addresses of that network and for no others."""
    guard = Guard(allow_private=["10.0.0.0/8"])
    assert guard.aim("http://10.1.2.3:5000/x") == Aim("10.1.2.3", 5000, ("10.1.2.3", 5000))
    assert guard.aim("http://192.168.0.1/") is Failure.BLOCKED_ADDRESS
    assert guard.aim("http://93.184.216.34:5000/") is Failure.BLOCKED_ADDRESS
    inner = guard.aim("http://images.corp:5000/x")
    assert isinstance(inner, Aim)
    assert guard.accepts(inner, ["10.9.9.9"])
    assert not guard.accepts(inner, ["93.184.216.34"])
    assert not guard.accepts(inner, ["192.168.0.1"])
    plain = guard.aim("http://www.example.com/x")
    assert isinstance(plain, Aim)
    assert guard.accepts(plain, ["93.184.216.34", "10.0.0.1"])
    assert not guard.accepts(plain, ["127.0.0.1"])


@pytest.mark.parametrize("address", PRIVATE_V4)
def test_allowing_all_lifts_the_rule_for_private_addresses(address: str) -> None:
    """``--allow-private`` without a network; public addresses keep the rule on ports."""
    guard = Guard(allow_private=["all"])
    assert isinstance(guard.aim(f"http://{address}:5000/"), Aim)
    assert guard.aim("http://93.184.216.34:5000/") is Failure.BLOCKED_ADDRESS


def test_our_own_public_address_is_not_the_web() -> None:
    """A connection whose two ends have one address leads to this machine."""
    guard = Guard()
    assert guard.permits_peer("93.184.216.34", 80, "10.0.0.5")
    assert not guard.permits_peer("93.184.216.34", 80, "93.184.216.34")
    assert not guard.permits_peer("93.184.216.34", 22, "10.0.0.5")
    assert not guard.permits_peer("not an address", 80, "10.0.0.5")
