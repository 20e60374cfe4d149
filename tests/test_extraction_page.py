"""A page's bytes become one tree, whatever charset they claim and whatever is broken in them."""

import pytest

from pipelines.extraction.page import decode, parse_page


def page(body: bytes, meta: bytes = b"") -> bytes:
    return b"<html><head>" + meta + b"</head><body><p>" + body + b"</p></body></html>"


def test_the_transport_header_outranks_the_meta_tag() -> None:
    html = page("Ťažké časy".encode("iso-8859-2"), b'<meta charset="windows-1252">')
    charset, text, warnings = decode(html, "text/html; charset=iso-8859-2")
    assert (charset, warnings) == ("iso8859-2", ())
    assert "Ťažké časy" in text


def test_the_meta_tag_is_read_where_the_header_names_no_charset() -> None:
    meta = b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">'
    html = page("Сегодня".encode("koi8-r"), meta)
    assert "Сегодня" in decode(html, "text/html")[1]


def test_a_byte_order_mark_outranks_every_label() -> None:
    html = "\ufeff<p>Grüße</p>".encode("utf-16-le")
    assert decode(html, "text/html; charset=utf-8")[1] == "<p>Grüße</p>"


@pytest.mark.parametrize("label", ["iso-8859-1", "gb2312", "shift_jis"])
def test_bytes_that_are_utf8_are_read_as_utf8_whatever_the_label_says(label: str) -> None:
    charset, text, warnings = decode(page("Größe – 促进".encode()), f"text/html; charset={label}")
    assert charset == "utf-8"
    assert "Größe – 促进" in text
    assert warnings
    assert warnings[0].endswith("decoded as utf-8")


def test_a_page_labelled_utf8_that_is_not_is_detected_and_says_so() -> None:
    words = "Die Bürgermeisterin möchte künftig häufiger über Straßen und Plätze sprechen. " * 5
    charset, text, warnings = decode(page(words.encode("windows-1252")), "text/html; charset=utf-8")
    assert "Bürgermeisterin möchte künftig" in text
    assert warnings == (f"charset: declared utf-8, decoded as {charset}",)


def test_one_broken_character_does_not_make_a_utf8_page_another_charset() -> None:
    charset, text, warnings = decode(page("Größe".encode() + b"\xe2\x82"), "text/html; charset=utf-8")
    assert (charset, warnings) == ("utf-8", ())
    assert "Größe\ufffd" in text


def test_utf7_is_never_decoded() -> None:
    html = page(b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-")
    assert "+ADw-script" in decode(html, "text/html; charset=utf-7")[1]


@pytest.mark.parametrize("label", [
    "hex", "base64", "idna", "unicode_escape", "no-such-charset", "rot13", "", "undefined"])
def test_a_label_that_is_no_charset_is_passed_over(label: str) -> None:
    assert "Größe" in decode(page("Größe".encode()), f"text/html; charset={label}")[1]


def test_nuls_and_control_characters_do_not_end_the_page() -> None:
    tree = parse_page(page(b"be\x00fore\x01 after\x1b")).tree
    assert tree.findtext(".//p") == "before after"


def test_a_self_closing_html_tag_does_not_end_the_page() -> None:
    tree = parse_page(b'<!DOCTYPE html><html lang="en" /><body><p>still here</p></body></html>').tree
    assert tree.text_content().strip() == "still here"


def test_a_page_nested_deeper_than_256_levels_is_whole() -> None:
    tree = parse_page(b"<html><body>" + b"<div>" * 600 + b"deep" + b"</div>" * 600 + b"<p>after</p>").tree
    assert tree.text_content() == "deepafter"


def test_a_page_nested_past_the_parsers_limit_says_that_it_is_cut() -> None:
    assert parse_page(b"<html><body>" + b"<div>" * 3000 + b"deep").warnings == (
        "parser: too deep or too large, the rest is cut off",)


@pytest.mark.parametrize("html", [
    b"", b" \n", b"\x00\x00", b"<!-- only a comment -->", b"<svg/>", b"{}", bytes(range(256))])
def test_bytes_that_are_no_page_still_give_a_tree(html: bytes) -> None:
    assert parse_page(html).tree.tag in ("html", "svg")
