"""Which URLs can be targets: hostile ones, refused with a word of the reason, and ordinary ones."""

import pytest

from interactor.core.urls import MAX_LENGTH, check_url, parse

REFUSED_PLACES = [
    ("http://127.0.0.1/", "loopback"),
    ("http://127.0.0.1./", "loopback"),
    ("http://127.1/", "loopback"),
    ("http://127.0.1/", "loopback"),
    ("http://2130706433/", "loopback"),
    ("http://0x7f000001/", "loopback"),
    ("http://0X7F.0.0.1/", "loopback"),
    ("http://0x7f.1/", "loopback"),
    ("http://0177.0.0.1/", "loopback"),
    ("http://0177.0.0.01/", "loopback"),
    ("http://017700000001/", "loopback"),
    ("http://00000000000000000000177.1/", "loopback"),
    ("http://127.0x0.00.1:8080/x", "loopback"),
    ("http://0/", "unspecified"),
    ("http://0.0.0.0/", "unspecified"),
    ("http://0x/", "unspecified"),
    ("http://0x0.0x0/", "unspecified"),
    ("http://10.1.2.3/", "private"),
    ("http://10.66051/", "private"),
    ("http://167772161/", "private"),
    ("http://172.16.0.1/", "private"),
    ("http://192.168.0.1/", "private"),
    ("http://0xc0a80001/", "private"),
    ("http://169.254.169.254/latest/meta-data/", "cloud metadata"),
    ("http://2852039166/", "cloud metadata"),
    ("http://0xa9fea9fe/", "cloud metadata"),
    ("http://0251.0376.0251.0376/", "cloud metadata"),
    ("http://169.254.43518/", "cloud metadata"),
    ("http://100.100.100.200/", "cloud metadata"),
    ("http://168.63.129.16/", "cloud metadata"),
    ("http://100.64.0.1/", "carrier-grade NAT"),
    ("http://192.0.2.1/", "documentation"),
    ("http://198.18.0.1/", "benchmarking"),
    ("http://224.0.0.1/", "multicast"),
    ("http://255.255.255.255/", "broadcast"),
    ("http://4294967295/", "broadcast"),
    ("http://240.0.0.1/", "reserved"),
    ("http://[::1]/", "loopback"),
    ("http://[0:0:0:0:0:0:0:1]:80/", "loopback"),
    ("http://[::]/", "unspecified"),
    ("http://[::ffff:127.0.0.1]/", "loopback"),
    ("http://[::ffff:7f00:1]/", "loopback"),
    ("http://[0:0:0:0:0:FFFF:A9FE:A9FE]/", "cloud metadata"),
    ("http://[::127.0.0.1]/", "IPv4-compatible"),
    ("http://[64:ff9b::7f00:1]/", "NAT64"),
    ("http://[64:ff9b:1::1]/", "NAT64"),
    ("http://[2002:7f00:1::]/", "6to4"),
    ("http://[2001:0:7f00:1::]/", "Teredo"),
    ("http://[fe80::1]/", "link-local"),
    ("http://[fe80::1%25eth0]/", "zone"),
    ("http://[fe80::1%eth0]/", "zone"),
    ("http://[2606:4700::1%25lo]/", "zone"),
    ("http://[fd00:ec2::254]/", "cloud metadata"),
    ("http://[fc00::1]/", "unique local"),
    ("http://[fec0::1]/", "site-local"),
    ("http://[ff02::1]/", "multicast"),
    ("http://[3fff::1]/", "documentation"),
    ("http://[5f00::1]/", "segment routing"),
    ("http://localhost/", "local name"),
    ("http://LOCALHOST:8080/", "local name"),
    ("http://localhost./", "local name"),
    ("http://a.localhost/", "local name"),
    ("http://a.b.localhost./", "local name"),
    ("http://localhost.localdomain/", "local name"),
    ("http://ip6-localhost/", "local name"),
    ("http://ip6-loopback/", "local name"),
    ("http://printer.local/", "local name"),
    ("http://printer.LOCAL./", "local name"),
    ("http://host.localdomain/", "local name"),
    ("http://metadata.google.internal/", "local name"),
    ("http://metadata.google.internal./", "local name"),
    ("http://ip-10-0-0-1.ec2.internal/", "local name"),
    ("http://host.docker.internal/", "local name"),
    ("http://router.home.arpa/", "local name"),
    ("http://nas.lan/", "local name"),
    ("http://wiki.corp/", "local name"),
    ("http://api.default.svc/", "local name"),
    ("http://api.default.svc.cluster.local/", "local name"),
    ("http://metadata/", "local name"),
    ("http://intranet/", "local name"),
]

# The ordinary spellings of this machine, which the local run may call.
MACHINE_ITSELF = {
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.9.9.9:8080/x",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]:80/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://localhost./",
    "http://a.localhost/",
    "http://a.b.localhost./",
    "http://localhost.localdomain/",
    "http://ip6-localhost/",
    "http://ip6-loopback/",
    "https://localhost:8443/",
}

MALFORMED = [
    ("", "complete"),
    ("example.com", "complete"),
    ("//example.com/", "complete"),
    ("/path", "complete"),
    ("https:/example.com/", "complete"),
    ("https:example.com", "complete"),
    ("javascript:alert(1)", "complete"),
    ("file:///etc/passwd", "https://"),
    ("ftp://example.com/", "https://"),
    ("gopher://example.com/", "https://"),
    ("unix://example.com/", "https://"),
    ("https+unix://example.com/", "https://"),
    ("https://", "no host"),
    ("https:///path", "no host"),
    ("https://?query", "no host"),
    ("https://:443/", "no host"),
    ("https://user@example.com/", "user name"),
    ("https://user:secret@example.com/", "user name"),
    ("https://@example.com/", "user name"),
    ("https://example.com@127.0.0.1/", "user name"),
    ("https://example.com%40127.0.0.1/", "IPv4"),
    ("https://example.com:0/", "port"),
    ("https://example.com:65536/", "port"),
    ("https://example.com:-1/", "port"),
    ("https://example.com:443443/", "port"),
    ("https://example.com:80:80/", "port"),
    ("https://example.com:\uff180/", "port"),
    ("https://example.com:http/", "port"),
    (" https://example.com/", "blank"),
    ("https://example.com/ ", "blank"),
    ("https://exam ple.com/", "blank"),
    ("https://example.com/a\tb", "blank"),
    ("https://example.com/\r\nHost: evil", "control"),
    ("https://example.com/\x00", "control"),
    ("https://example.com/\x7f", "control"),
    ("https://example.com/\u2028", "control"),
    ("https://exa\u00admple.com/", "ASCII"),
    ("https://exa\u200bmple.com/", "blank"),
    ("https://example.com\\@127.0.0.1/", "backslash"),
    ("https://example.com/a\\b", "backslash"),
    ("https:\\\\example.com", "backslash"),
    ("https://example.com/\ud800", "surrogate"),
    ("https://\uff11\uff12\uff17.0.0.1/", "ASCII"),
    ("https://127\u30020\u30020\u30021/", "ASCII"),
    ("https://\u24dbocalhost/", "ASCII"),
    ("https://localho\u017ft/", "ASCII"),
    ("https://ex\u00e4mple.com/", "ASCII"),
    ("https://%6c%6fcalhost/", "valid name"),
    ("https://127.0.0.%31/", "valid name"),
    ("https://example..com/", "valid name"),
    ("https://.example.com/", "valid name"),
    ("https://example.com../", "valid name"),
    ("https://./", "valid name"),
    ("https://-a.example.com/", "valid name"),
    ("https://a,b.example.com/", "valid name"),
    (f"https://{'a' * 64}.com/", "valid name"),
    (f"https://{'a.' * 127}com/", "valid name"),
    ("https://[::1/", "host and port"),
    ("https://::1/", "host and port"),
    ("https://[::1]evil.com/", "host and port"),
    ("https://[[::1]]/", "host and port"),
    ("https://a[::1]/", "host and port"),
    ("https://[]/", "IPv6"),
    ("https://[127.0.0.1]/", "IPv6"),
    ("https://[v1.x]/", "IPv6"),
    ("https://256.256.256.256/", "IPv4"),
    ("https://1.2.3.4.5/", "IPv4"),
    ("https://example.1/", "IPv4"),
    ("https://example.0x7f/", "IPv4"),
    ("https://08.8.8.8/", "IPv4"),
    ("https://4294967296/", "IPv4"),
    (f"https://{'9' * 5000}/", "longer"),
    (f"https://{'9' * 1000}/", "IPv4"),
    ("https://0x08080808/", "unusual notation"),
    ("https://134744072/", "unusual notation"),
    ("https://8.8.2056/", "unusual notation"),
    ("https://010.8.8.8/", "unusual notation"),
    ("https://example.com/" + "a" * MAX_LENGTH, "longer"),
]

ACCEPTED = [
    ("https://example.com", "example.com", 443, "/"),
    ("HTTPS://EXAMPLE.com./a/b?c=d#e", "example.com", 443, "/a/b?c=d"),
    ("https://example.com?c=d", "example.com", 443, "/?c=d"),
    ("https://example.com#e", "example.com", 443, "/"),
    ("https://example.com:/", "example.com", 443, "/"),
    ("https://example.com:8443/x", "example.com", 8443, "/x"),
    ("https://a_b.example.com/", "a_b.example.com", 443, "/"),
    ("https://xn--exmple-cua.com/", "xn--exmple-cua.com", 443, "/"),
    ("https://1.example.com/", "1.example.com", 443, "/"),
    ("https://localhost.example.com/", "localhost.example.com", 443, "/"),
    ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
    ("https://[2606:4700:4700:0::1111]:444/", "2606:4700:4700::1111", 444, "/"),
    ("https://example.com/@user:x", "example.com", 443, "/@user:x"),
    ("https://example.com//x//y/../z", "example.com", 443, "//x//y/../z"),
    ("https://example.com/%2F%zz%", "example.com", 443, "/%2F%25zz%25"),
    ("https://example.com/é?q=ü", "example.com", 443, "/%C3%A9?q=%C3%BC"),
    ('https://example.com/{a}|"b"<c>', "example.com", 443, "/%7Ba%7D%7C%22b%22%3Cc%3E"),
]


@pytest.mark.parametrize(("url", "reason"), REFUSED_PLACES + MALFORMED)
def test_a_url_that_cannot_be_a_target_is_refused_with_its_reason(url: str, reason: str) -> None:
    message = check_url(url, https_only=False, allow_loopback=False)
    assert message is not None
    assert reason in message


@pytest.mark.parametrize("url", [url for url, _ in REFUSED_PLACES + MALFORMED if url not in MACHINE_ITSELF])
def test_allowing_loopback_admits_no_other_place_and_no_unusual_notation(url: str) -> None:
    assert check_url(url, https_only=False, allow_loopback=True) is not None


@pytest.mark.parametrize("url", sorted(MACHINE_ITSELF))
@pytest.mark.parametrize("https_only", [True, False])
def test_the_local_run_may_call_the_machine_itself_over_plain_http(url: str, https_only: bool) -> None:
    assert check_url(url, https_only=https_only, allow_loopback=True) is None
    assert check_url(url, https_only=https_only, allow_loopback=False) is not None


def test_plain_http_is_refused_where_https_is_asked_for() -> None:
    assert check_url("http://example.com/", https_only=False, allow_loopback=False) is None
    assert check_url("http://example.com/", https_only=True, allow_loopback=True) == "The URL must begin with https://"


@pytest.mark.parametrize(("url", "host", "port", "path"), ACCEPTED)
def test_an_ordinary_url_is_read_as_its_author_meant_it(url: str, host: str, port: int, path: str) -> None:
    assert check_url(url, https_only=True, allow_loopback=False) is None
    target = parse(url)
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.com:443/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
        ("https://[2606:4700::1]:444/", "[2606:4700::1]:444"),
    ],
)
def test_the_host_header_names_the_port_only_where_it_is_not_the_schemes_own(url: str, authority: str) -> None:
    assert parse(url).authority == authority
