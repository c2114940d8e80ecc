"""HTML as a person would see it: what is hidden is not in the text, and nothing is loaded."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.hosts import host_of, is_followable, shown_host, site_of
from app.mail.html_text import read_html


@pytest.mark.parametrize(
    "hiding",
    [
        '<div style="display:none">secret</div>',
        '<div style="DISPLAY : None !important">secret</div>',
        '<span style="visibility:hidden">secret</span>',
        '<p style="font-size:0">secret</p>',
        '<p style="font-size:1px">secret</p>',
        '<p style="font-size:0.01em">secret</p>',
        '<p style="font:1px Arial">secret</p>',
        '<p style="color:#fff">secret</p>',
        '<p style="color:#FEFEFE;background:#fff">secret</p>',
        '<font color="white">secret</font>',
        '<p style="color:rgb(255, 255, 255)">secret</p>',
        '<div style="background-color:#000"><p style="color:#010101">secret</p></div>',
        '<table><tr><td bgcolor="#112233"><font color="#112233">secret</font></td></tr></table>',
        '<p style="color:transparent">secret</p>',
        '<p style="color:rgba(0,0,0,0)">secret</p>',
        '<p style="opacity:0">secret</p>',
        '<div style="opacity:0.01"><b style="opacity:1">secret</b></div>',
        '<div style="position:absolute;left:-9999px">secret</div>',
        '<div style="text-indent:-9999px">secret</div>',
        '<div style="max-height:0;overflow:hidden">secret</div>',
        '<div style="height:0px;width:0px;overflow:hidden">secret</div>',
        '<div style="position:absolute;clip:rect(0 0 0 0)">secret</div>',
        '<div style="transform:scale(0)">secret</div>',
        "<div hidden>secret</div>",
        '<div style="display:none"><p style="display:block">secret</p></div>',
        "<style>.x{display:none}</style><p class=x>secret</p>",
        "<style>/* c */ p > b, #y { color: red; font-size:0 }</style><i id=y>secret</i>",
        '<div style="display:/* */none">secret</div>',
    ],
)
def test_what_html_hides_is_not_in_the_text(hiding: str) -> None:
    page = read_html(f"<p>seen</p>{hiding}<p>also seen</p>")
    assert page.text == "seen\n\nalso seen"
    assert page.unseen == "secret"


@pytest.mark.parametrize(
    "showing",
    [
        "<p>word</p>",
        '<p style="color:#777">word</p>',
        '<div style="font-size:0"><p style="font-size:14px">word</p></div>',
        '<div style="visibility:hidden"><p style="visibility:visible">word</p></div>',
        '<div style="background:#000"><p style="color:#fff">word</p></div>',
        '<table background="x.png"><tr><td style="color:#fff">word</td></tr></table>',
        "<style>@media print{p{display:none}}</style><p>word</p>",
        "<style>@media (max-width:9px){.a{display:none} .b{color:red}}</style><p class=a>word</p>",
        '<p style="margin-left:-9999">word</p>',
        '<div style="max-height:0">word</div>',
    ],
)
def test_what_a_person_sees_is_text(showing: str) -> None:
    page = read_html(showing)
    assert (page.text, page.unseen) == ("word", "")


@pytest.mark.parametrize(
    "never",
    [
        "<title>t</title>",
        "<script>t</script>",
        "<style>t{}</style>",
        "<!-- t -->",
        "<img alt=t>",
        "<template>t</template>",
        "<iframe>t</iframe>",
        "<textarea>t</textarea>",
    ],
)
def test_what_no_program_shows_is_neither_seen_nor_hidden(never: str) -> None:
    page = read_html(f"<body>{never}<p>word</p></body>")
    assert (page.text, page.unseen) == ("word", "")


def test_blocks_lists_tables_and_quotes_become_lines() -> None:
    page = read_html(
        "<h1>Head</h1><p>One<br>two   three</p><ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
        "<blockquote><p>old</p><blockquote>older</blockquote></blockquote><pre>x\n  y</pre>"
    )
    assert page.text == (
        "Head\n\nOne\ntwo three\n\n- a\n- b\n1 2\n3\n\n> old\n>\n> > older\n\nx\n  y"
    )


def test_links_keep_their_true_host_and_nothing_is_loaded() -> None:
    page = read_html(
        '<a href="https://evil.example/x">www.bank.example</a><a href="#top">top</a>'
        '<a href="javascript:alert(1)">js</a><a href=" HTTP://Good.Example ">g</a>'
        '<img src="https://t.example/p.gif"><img src="cid:1"><img src="//t.example/q.gif">'
    )
    assert [(link.text, link.host) for link in page.links] == [
        ("www.bank.example", "evil.example"),
        ("g", "good.example"),
    ]
    assert page.remote_images == 2


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://good.example@evil.example/", "evil.example"),
        ("http:\\\\evil.example\\good.example", "evil.example"),
        ("//evil.example/x", "evil.example"),
        ("http://%65vil.example", "evil.example"),
        ("https://good.example\t\n.evil.example", "good.example.evil.example"),
        ("http:evil.example", "evil.example"),
        ("http://evil.example:80?good.example", "evil.example"),
        ("https://xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com", "xn--80ak6aa92e.com"),
        ("https://b\u00fccher.example", "bücher.example"),
        ("https://\u043f\u0440\u0438\u043c\u0435\u0440.com", "пример.com"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("mailto:a@b.example?subject=x", "b.example"),
        ("javascript:alert(1)", ""),
        ("http://", ""),
    ],
)
def test_the_host_is_the_one_a_browser_would_open(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.shop.example", "shop.example"),
        ("a.b.co.uk", "b.co.uk"),
        ("mallory.github.io", "mallory.github.io"),
        ("example", "example"),
    ],
)
def test_a_site_is_what_one_owner_registered(host: str, site: str) -> None:
    assert site_of(host) == site


def test_only_links_that_lead_somewhere_known_are_kept() -> None:
    assert is_followable("tel:+49123") and is_followable("mailto:a@b.example")
    assert not is_followable("data:text/html,x") and not is_followable("/relative")


@pytest.mark.parametrize("tag", ["div", "b", "table", "blockquote", "span"])
def test_pages_of_absurd_depth_cost_no_time(tag: str) -> None:
    start = perf_counter()
    page = read_html(f"<{tag}>" * 100_000 + "x" + f"</{tag}>" * 100_000)
    assert perf_counter() - start < 5
    assert "x" in page.text
    assert page.unseen  # nobody can say what is seen of it


@pytest.mark.parametrize(
    "source",
    [
        "<div></nothing>" * 100_000 + "x",
        '<div a="</div>">' * 100_000 + "x",
        "<div><!--</div>-->" * 100_000 + "x",
        "<svg>" + "<td>" * 40_000 + "</nothing>" * 40_000 + "x",
    ],
)
def test_closing_tags_that_close_nothing_do_not_hide_how_deep_a_page_is(source: str) -> None:
    start = perf_counter()
    page = read_html(source)
    assert perf_counter() - start < 5
    assert "x" in page.text


def test_a_long_page_that_is_not_deep_keeps_its_form() -> None:
    page = read_html("<div><b>one</b> <i>two</i></div>" * 3_000 + "<p hidden>three</p>")
    assert page.text.startswith("one two\none two\n")
    assert page.unseen == "three"


@pytest.mark.parametrize(
    "rule", [".z%d * * * * p", "div div div div .z%d", ".z%d p", "p:has(.z%d)"]
)
def test_style_sheets_that_are_hard_to_match_cost_no_time(rule: str) -> None:
    sheet = "".join(f"{rule % number}{{display:none}}" for number in range(400))
    start = perf_counter()
    page = read_html(f"<style>{sheet}</style>" + "<div>" * 200 + "<p>x" * 3_000)
    assert perf_counter() - start < 5
    assert "x" in page.text


def test_a_sheet_without_a_rule_costs_no_time() -> None:
    start = perf_counter()
    read_html("".join(f"<style>{'a' * 99_000}</style>" for _ in range(20)))
    assert perf_counter() - start < 2


@pytest.mark.parametrize(
    ("selector", "unseen"),
    [
        (".a .x", "one two"),
        (".a > .x", "one"),
        ("div>.x", "one"),
        (".a b > i.x, .none", "two"),
        ("[class='y z'] .x", ""),
        (".Case", "three"),
        (".case", ""),
    ],
)
def test_a_sheet_hides_what_its_selector_means(selector: str, unseen: str) -> None:
    page = read_html(
        f"<!doctype html><style>{selector} {{ Display: none }}</style>"
        "<div class=a><i class=x>one</i> <b><i class=x>two</i></b></div><p class=Case>three</p>"
    )
    assert page.unseen == unseen


_SCRAPS = st.sampled_from(
    str.split(
        "<p> </p> <div style=' color:#fff font-size: 0 px; '> <table> <td> <!-- --> <style> p{ } "
        "</style> @media &amp &#x0; \x00 <a href= http://x.example > < text <pre> <svg> <title> "
        "rgb( 1e9 , )"
    )
)


@given(st.lists(_SCRAPS | st.text(max_size=3), max_size=40).map("".join))
def test_no_html_makes_reading_fail(source: str) -> None:
    read_html(source)


@given(st.text(max_size=40))
def test_a_host_has_one_form(text: str) -> None:
    host = shown_host(text)
    assert shown_host(host) == host
    assert host_of("http://" + host) == host
