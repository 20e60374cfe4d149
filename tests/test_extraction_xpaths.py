"""trafilatura's expressions, rewritten, find what they found."""

from lxml import html
from lxml.etree import XPath
from trafilatura import xpaths

from pipelines.extraction.xpaths import sharpened

RE = {"re": xpaths.REGEXP_NS}
PAGE = html.fromstring("""<html><body>
  <div>plain</div><div class="">empty</div><div id="comments" class="lead">a</div><div class="comments-list">b</div>
  <p class="FullText">c</p><p id="x" class="comments">d</p><p class="comments" id="x">e</p><span style="hidden">f</span>
</body></html>""")


def found(expression):
    return [element.text for element in expression(PAGE)]


def same(path, *texts):
    before = XPath(path, namespaces=RE)
    after = sharpened(before)
    assert after.path != before.path
    assert found(before) == found(after) == list(texts)


def test_one_attribute():
    same(".//*[re:test(@class, '^comments')]", "b", "d", "e")


def test_the_first_of_several_attributes():
    same(".//*[re:test(@id|@class, 'comments')]", "a", "b", "e")


def test_flags():
    same(".//p[re:test(@class, 'fulltext', 'i')]", "c")


def test_inside_of_other_conditions():
    same(".//*[self::div or self::p][not(re:test(@class, 'comments') or re:test(@id, '^comm'))]",
         "plain", "empty", "c")


def test_a_pattern_that_an_absent_attribute_has_is_left():
    expression = XPath(".//*[re:test(@class, '^x*$')]", namespaces=RE)
    assert sharpened(expression) is expression


def test_all_of_trafilaturas_patterns_are_recognised():
    lists = [value for value in vars(xpaths).values() if isinstance(value, list)]
    expressions = [each for value in lists for each in value if isinstance(each, XPath)]
    assert len(expressions) > 20
    tests = [each for each in expressions if "re:test(@" in each.path]
    assert not [each.path for each in tests if "re:test(@" in sharpened(each).path]
