"""What a site repeats: blocks, what is counted of them, the rules that follow, and when a model is made."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html as lxml_html

from pipelines.boilerplate.blocks import blocks_of, drop_empty, key_of, letters, path_key, path_of_key
from pipelines.boilerplate.knowledge import data, name_of_marks, name_of_text
from pipelines.boilerplate.learner import FADES_AT, MIN_STORIES, STORIES_TO_KNOW, Observation, SiteLearner, lower_bound
from pipelines.boilerplate.library import SiteLibrary
from pipelines.boilerplate.model import NO_MODEL, SiteModel
from pipelines.boilerplate.observe import observe
from pipelines.extraction import extract_article, observe_page

if TYPE_CHECKING:
    from pipelines.store import SiteKnowledge

URL = "https://news.example/2026/11/22/a-story"
MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/sport'>Sport</a></li></ul></nav>"
FOOTER = "<footer><p>We are a paper. Write to us about what we wrote.</p></footer>"


def tree_of(body: str) -> Any:
    return lxml_html.fromstring(f"<html><head><title>t</title></head><body>{body}</body></html>")


def texts(body: str) -> list[str]:
    return [block.text for block in blocks_of(tree_of(body))]


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name_of(number: int) -> str:
    """Of a story, without digits: those do not tell blocks apart."""
    return LETTERS[number // 26 % 26] + LETTERS[number % 26] * 3


def sentences(number: int, count: int = 6) -> str:
    return "".join(f"<p>{word} {name_of(number)} of this story says something that no other story says, at some "
                   f"length.</p>" for word in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta")[:count])


def story(number: int, extra: str = "", title: str | None = None) -> bytes:
    title = title or f"The story of {name_of(number)}"
    return (f"<html><head><title>{title} | The Paper</title></head><body>{MENU}<div class='text'><h1>{title}</h1>"
            f"{sentences(number)}{extra}</div>{FOOTER}</body></html>").encode()


def model_of(pages: list[bytes]) -> SiteModel:
    learner = SiteLearner()
    for page in pages:
        learner.observe(observe_page(page))
    return learner.freeze()


def lines(page: bytes, model: SiteModel) -> list[str]:
    return extract_article(page, URL, model).text.splitlines()


@pytest.mark.parametrize(("body", "expected"), [
    ("<p>One <b>bold</b> word</p>", ["One bold word"]),
    ("<p>one<br>two<br/>three</p>", ["one", "two", "three"]),
    ("<div>before<p>inside</p>after</div>", ["before", "inside", "after"]),
    ("loose<div>boxed</div>", ["loose", "boxed"]),
    ("<p>a<span> b</span> c</p><p> </p><p>—</p>", ["a b c"]),
    ("<script>x()</script><style>y</style><noscript>z</noscript><p>seen</p>", ["seen"]),
    ("<table><tr><td>1</td><td>2</td></tr></table>", ["1", "2"]),
    ("", []),
])
def test_a_block_is_a_line_as_a_browser_would_draw_it(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


def test_a_removed_block_is_gone_from_the_tree_and_what_stood_beside_it_is_not() -> None:
    tree = tree_of("<div><p>keep <a href='/'>this</a></p>loose<p>drop <i>that</i></p>tail</div>")
    for block in blocks_of(tree):
        if block.letters in ("dropthat", "loose"):
            block.remove()
    drop_empty(tree)
    assert " ".join(tree.find("body").text_content().split()) == "keep this tail"
    assert [element.tag for element in tree.find("body").iter()] == ["body", "div", "p", "a"]


def test_a_key_knows_its_path_and_does_not_know_digits() -> None:
    first, second = (blocks_of(tree_of(f"<div class='n{n}'><p>Read time: {n} min</p></div>"))[0] for n in (4, 17))
    assert first.key == second.key
    assert path_of_key(first.key) == path_key(first.path)
    assert first.key != key_of("p>aside>body", first.letters)


def test_depth_and_numbers_of_elements_do_not_matter() -> None:
    assert len(blocks_of(tree_of("<div>" * 200 + "deep" + "</div>" * 200))) == 1
    assert len(blocks_of(tree_of("<p>x</p>" * 20_000))) == 20_000


def test_letters_are_the_same_whatever_the_spelling() -> None:
    assert letters("“Don’t” \n STOP!") == letters("don't stop") == "dontstop"
    assert letters("ﬁve  ①") == "five1"
    assert letters("Sema\xadglutid — 大統領") == "semaglutid大統領"


def test_menus_and_footers_go_and_the_storys_own_text_stays() -> None:
    model = model_of([story(number) for number in range(6)])
    assert len(lines(story(9), model)) == 6
    removed = extract_article(story(9), URL, model).boilerplate
    assert (removed.model_id, removed.stories) == (model.id, 6)
    assert [(each.text, each.reason) for each in removed.removed] == [
        ("We are a paper. Write to us about what we wrote.", "site: repeated"), ("The story of ajjj", "title")]
    assert removed.blocks == 3  # the two of the menu, which are counted alone


def test_too_few_stories_say_nothing() -> None:
    pages = [story(number) for number in range(MIN_STORIES - 1)]
    assert model_of(pages).has_same_rules(NO_MODEL)
    assert model_of(pages).blocks == frozenset()


def test_one_story_under_many_addresses_counts_once() -> None:
    learner = SiteLearner()
    assert [learner.observe(observe_page(story(1))) for _ in range(8)] == [True] + [False] * 7
    assert learner.stories == 1


def test_a_page_without_sentences_is_no_story() -> None:
    assert observe_page(f"<body>{MENU}<h1>Sport</h1></body>".encode()).story is None


def test_the_background_of_an_affair_that_several_stories_have_stays_in_them() -> None:
    """Three of eight stories: it stands where text varies, so it is theirs."""
    background = "<p>The dredger sank in 1931 with all hands, and was never raised from the estuary.</p>"
    pages = [story(number, background if number < 3 else "") for number in range(8)]
    assert "never raised" in extract_article(pages[0], URL, model_of(pages)).text


def test_an_appeal_in_every_story_goes_though_it_stands_among_the_text() -> None:
    appeal = "<p>Do you want to know more? Then write to our newsroom and ask us about it.</p>"
    pages = [story(number, appeal) for number in range(8)]
    assert "newsroom" not in extract_article(pages[0], URL, model_of(pages)).text


def test_a_headline_in_a_list_of_the_most_read_stays_where_it_is_the_storys_own() -> None:
    lead = f"Alpha {name_of(3)} of this story says something that no other story says, at some length."
    teaser = f"<aside class='most'><p>{lead}</p></aside>"
    pages = [story(number, teaser) for number in range(8)]
    assert lines(pages[3], model_of(pages))[0] == lead
    assert lead not in lines(pages[4], model_of(pages))


def test_what_the_publisher_confirms_is_never_removed() -> None:
    appeal = "Do you want to know more? Then write to our newsroom and ask us about it."
    model = model_of([story(number, f"<p>{appeal}</p>") for number in range(8)])
    linked = json.dumps({"@type": "NewsArticle", "headline": "A story", "articleBody": f"It says: {appeal}"})
    script = f'<script type="application/ld+json">{linked}</script></head>'
    page = story(3, f"<p>{appeal}</p>").replace(b"</head>", script.encode())
    assert appeal not in lines(story(3, f"<p>{appeal}</p>"), model)
    assert appeal in lines(page, model)


def test_bulletins_that_differ_in_nothing_but_their_figures_stay() -> None:
    def bulletin(number: int) -> bytes:
        said = "".join(f"<p>Station {LETTERS[each]} reports {number * 3 + each} degrees and a wind from the west of "
                       f"{number + each} knots today.</p>" for each in range(6))
        return (f"<html><head><title>Weather {LETTERS[number]} of the day</title></head><body>{MENU}"
                f"<div class='text'>{said}</div></body></html>").encode()

    pages = [bulletin(number) for number in range(8)]
    assert len(lines(pages[2], model_of(pages))) == 6


def test_rules_that_would_leave_nothing_are_not_applied_and_that_is_told() -> None:
    pages = [story(1, title=f"Another title {LETTERS[number]}") for number in range(8)]
    article = extract_article(pages[2], URL, model_of(pages))
    assert "Alpha" in article.text
    assert "site model: would leave nothing of the page, not applied" in article.warnings


def test_what_readers_found_to_be_taken_for_boilerplate_stays() -> None:
    """Leads that begin alike, one subheading a story, a question asked in some interviews, the background of an affair
    in five of twelve stories."""
    def page(number: int) -> bytes:
        lead = f"<p class='lead'>Police are looking for a {name_of(number)} stolen from a shed.</p>"
        name = name_of(number)
        below = f"<h2>What the {name} means next</h2><p>{name} is what it means to all of them.</p>"
        affair = "<p>The dredger sank in 1931 with all hands, and was never raised.</p>" if number < 5 else ""
        return story(number, below + affair).replace(b"<p>Alpha", f"{lead}<p>Alpha".encode())

    pages = [page(number) for number in range(12)]
    text = extract_article(pages[3], URL, model_of(pages)).text
    for part in ("Police are looking", "means next", "was never raised", "means to all of them"):
        assert part in text


def test_a_title_with_thousands_of_separators_is_a_title() -> None:
    model = SiteModel(stories=20, affixes=frozenset({"site"}))
    title = "Site | " * 3000 + "A long enough headline here for you"
    page = f"<html><head><title>{title}</title></head><body>{sentences(1)}</body></html>".encode()
    assert extract_article(page, URL, model).title


def test_a_body_that_follows_the_article_of_the_headline_stays() -> None:
    hero = "<article><h1>A story</h1><p>" + "A standfirst of some length says what it is about. " * 6 + "</p></article>"
    body = f"<article class='body'>{sentences(1)}{sentences(2)}</article>"
    text = extract_article(f"<html><body>{hero}{body}</body></html>".encode(), URL).text
    assert "Zeta" in text
    teaser = "<article class='teaser'><p>Another story begins like this and goes on elsewhere.</p></article>"
    own = f"<article><h1>A story</h1>{sentences(1)}{sentences(2)}</article>"
    assert "elsewhere" not in extract_article(f"<html><body>{own}{teaser}</body></html>".encode(), URL).text


def test_a_known_mark_on_the_wrapper_of_the_text_does_not_take_it() -> None:
    for mark in ("infobox", "reading-time", "ai-generated"):
        footer = "A footer. " * 30
        page = f"<html><body><h1>A story</h1><div class='{mark}'>{sentences(1)}</div><p>{footer}</p></body></html>"
        assert "Zeta" in extract_article(page.encode(), URL).text, mark


def test_a_site_that_was_let_go_is_known_before_the_store_has_it() -> None:
    given: list[SiteKnowledge] = []
    library = SiteLibrary(lambda _: None, given.append, max_sites=1)
    for number in range(STORIES_TO_KNOW):
        library.observe("a", observe_page(story(number)))
        library.observe("b", observe_page(story(number)))
    assert library.is_ready("a")
    assert library.is_ready("b")


def test_the_sites_name_goes_from_titles_and_a_short_title_stays_whole() -> None:
    model = model_of([story(number) for number in range(6)])
    assert "thepaper" in model.affixes

    def titled(title: str) -> str | None:
        page = story(7, title=title).replace(f"<h1>{title}</h1>".encode(), b"")
        return extract_article(page, URL, model).title

    assert titled("The harbour is full of oysters again") == "The harbour is full of oysters again"
    assert titled("Rain") == "Rain | The Paper"


def test_a_site_that_changes_its_design_is_learned_anew() -> None:
    learner = SiteLearner()
    for number in range(FADES_AT):
        learner.observe(Observation(story=number, blocks=(1, 2, 1000 + number)))
    assert {1, 2} <= learner.freeze().blocks
    assert learner.stories == FADES_AT // 2
    for number in range(1000, 1000 + 3 * FADES_AT):
        learner.observe(Observation(story=number, blocks=(3, 10_000 + number)))
    assert learner.freeze().blocks == {3}


def test_counts_do_not_grow_with_the_number_of_stories() -> None:
    learner = SiteLearner()
    for number in range(1000):
        own = range(number * 50, number * 50 + 50)
        learner.observe(Observation(story=number, blocks=(*range(20), *own)))
    assert len(learner.dump()) < 100_000


def test_the_order_of_stories_does_not_matter_and_a_learner_comes_back_as_it_was() -> None:
    pages = [story(number) for number in range(8)]
    assert model_of(pages) == model_of(pages[::-1])
    learner = SiteLearner()
    for page in pages[:4]:
        learner.observe(observe_page(page))
    again = SiteLearner.load(learner.dump())
    for page in pages:
        again.observe(observe_page(page))
    assert again.freeze() == model_of(pages)


def test_a_model_comes_back_from_its_content_and_its_id_is_that_of_the_content() -> None:
    model = model_of([story(number) for number in range(6)])
    assert SiteModel.load(model.content) == model
    assert SiteModel.load(model.content).id == model.id != NO_MODEL.id
    with pytest.raises(ValueError, match="another version"):
        SiteModel.load(model.content.replace(b'"format":1', b'"format":99'))


def test_the_same_bytes_and_model_give_the_same_record_in_any_process() -> None:
    model = model_of([story(number) for number in range(6)])
    code = ("import sys, hashlib; from pipelines.extraction import extract_article;"
            "from pipelines.boilerplate.model import SiteModel; from pipelines.recordlines import fields_of;"
            "page, model = sys.stdin.buffer.read().split(b'\\0');"
            f"print(fields_of(extract_article(page, {URL!r}, SiteModel.load(model))))")
    said = {subprocess.run([sys.executable, "-c", code], input=story(9) + b"\0" + model.content, check=True,
                           capture_output=True, env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout
            for seed in ("0", "1", "77")}
    assert len(said) == 1


def test_the_lower_bound_grows_with_the_evidence() -> None:
    assert lower_bound(3, 3) < lower_bound(6, 6) < lower_bound(60, 60) < 1
    assert lower_bound(0, 9) < 1e-9
    assert lower_bound(3, 8) > 0.1


class Shelf:
    """Keeps what a library gives away."""

    def __init__(self) -> None:
        self.kept: dict[str, SiteKnowledge] = {}
        self.models: list[str | None] = []

    def keep(self, knowledge: SiteKnowledge) -> None:
        self.kept[knowledge.site] = knowledge
        self.models.append(knowledge.model_id)


def test_a_site_is_ready_once_enough_is_known_and_its_model_was_kept_before() -> None:
    shelf = Shelf()
    library = SiteLibrary(shelf.kept.get, shelf.keep)
    for number in range(STORIES_TO_KNOW):
        assert not library.is_ready("a")
        library.observe("a", observe_page(story(number)))
    assert library.is_ready("a")
    assert shelf.models == [library.model("a").id]
    again = SiteLibrary(shelf.kept.get, shelf.keep)
    assert again.is_ready("a")
    assert again.model("a") == library.model("a")


def test_a_site_that_shows_no_more_must_do_with_what_is_known_and_goes_on_next_time() -> None:
    shelf = Shelf()
    library = SiteLibrary(shelf.kept.get, shelf.keep)
    for number in range(STORIES_TO_KNOW - 1):
        library.observe("a", observe_page(story(number)))
    library.conclude("a")
    assert library.is_ready("a")
    assert library.model("a").blocks
    library.close()
    again = SiteLibrary(shelf.kept.get, shelf.keep)
    assert not again.is_ready("a")
    again.observe("a", observe_page(story(50)))
    assert again.is_ready("a")


def test_sites_that_are_not_used_are_kept_and_let_go() -> None:
    shelf = Shelf()
    library = SiteLibrary(shelf.kept.get, shelf.keep, max_sites=2)
    for site in ("a", "b", "c", "d"):
        library.observe(site, observe_page(story(1)))
    assert set(shelf.kept) == {"a", "b"}
    for number in range(2, STORIES_TO_KNOW + 1):
        library.observe("a", observe_page(story(number)))
    assert library.is_ready("a")


def block_of(body: str) -> Any:
    return blocks_of(tree_of(body))[0]


@pytest.mark.parametrize(("body", "name"), [
    ("<p>Suggested text: Our website address is: http://x.example.</p>", "WordPress: privacy policy template"),
    ("<div>Read Time:4 Minute, 15 Second</div>", "reading time"),
    ("<div>5 min read</div>", "reading time"),
    ("<p>0 %</p>", "figure without words: a counter or a poll's share"),
    ("<p>We read him a story at bedtime, 4 minutes long.</p>", None),
    ("<td>12 %</td>", None),
])
def test_words_that_are_the_same_everywhere_are_known(body: str, name: str | None) -> None:
    wrapped = f"<table><tr>{body}</tr></table>" if body.startswith("<td") else body
    assert name_of_text(block_of(wrapped)) == name


@pytest.mark.parametrize(("body", "name"), [
    ("<div id='onetrust-banner-sdk'><p>x</p></div>", "consent: OneTrust"),
    ("<div class='privacy-policy-tutorial'><p>x</p></div>", "WordPress: privacy policy template"),
    ("<div class='fact-box'><ul><li>x</li></ul></div>", "box beside the story: facts"),
    ("<article class='fact-box'><p>x</p></article>", None),
    ("<div class='entry-content'><p>x</p></div>", None),
    ("<div class='cookies-recipe'><p>x</p></div>", None),
])
def test_boxes_of_tools_are_known_by_their_marks(body: str, name: str | None) -> None:
    assert name_of_marks(block_of(body).marks) == name


def test_all_shipped_knowledge_names_its_source() -> None:
    for part in ("marks", "texts", "walls"):
        for entry in data()[part]:
            assert entry["name"]
            assert entry["source"]


def test_a_mark_that_is_but_wording_does_not_take_the_text_itself() -> None:
    body = f"<div class='newsletter-layout'>{sentences(1)}</div>"
    page = f"<html><body><h1>A story</h1>{body}</body></html>".encode()
    assert len(extract_article(page, URL).text.splitlines()) == 6


def test_observations_are_small_values() -> None:
    seen = observe(blocks_of(tree_of(f"{MENU}{sentences(1)}")), ("A title | The Paper",))
    assert seen.story is not None
    assert all(0 <= key < 2**64 for key in (*seen.blocks, *seen.openings, *seen.furniture))
    assert seen.affixes == ("thepaper", "atitle") or set(seen.affixes) == {"thepaper", "atitle"}
