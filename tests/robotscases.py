"""What a robots.txt allows whom: the examples of RFC 9309 and the public test cases of Protego. No test itself.

Owns the table. Each entry is a robots.txt and, for each agent, paths that are allowed and paths that are not. Where a
case of Protego's names a whole address, its path and query stand here; the host is that of the test's server.
"""

from __future__ import annotations

from dataclasses import dataclass

Paths = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """`said` of each agent: the paths that it may fetch, and those that it may not."""

    name: str
    robots: str | bytes
    said: tuple[tuple[str, Paths, Paths], ...]


def _case(name: str, robots: str | bytes, *said: tuple[str, str, str]) -> Case:
    return Case(name, robots, tuple((agent, tuple(yes.split()), tuple(no.split())) for agent, yes, no in said))


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


_GROUPS = _lines(
    "User-Agent: *", "Disallow: *.gif$", "Disallow: /example/", "Allow: /publications/", "",
    "User-Agent: foobot", "Disallow:/", "Allow:/example/page.html", "Allow:/example/allowed.gif", "",
    "User-Agent: barbot", "User-Agent: bazbot", "Disallow: /example/page.html", "", "User-Agent: quxbot", "")

RFC_9309 = (
    _case("2.2.1: a header is matched by its product token", "User-agent: ExampleBot\nDisallow: /a\n",
          ("Mozilla/5.0 (compatible; ExampleBot/0.1; https://www.example.com/bot.html)", "/b", "/a"),
          ("ExampleBot/0.1", "/b", "/a"), ("examplebot", "/b", "/a"), ("OtherBot/1.0 (+me@ExampleBot.org)", "/a", "")),
    _case("2.2.1: groups of one agent are one", _lines(
        "user-agent: ExampleBot", "disallow: /foo", "disallow: /bar", "", "user-agent: OtherBot", "disallow: /qux", "",
        "user-agent: ExampleBot", "disallow: /baz"), ("ExampleBot", "/qux", "/foo /bar /baz")),
    _case("2.2.1: who is not named has the group of *", "user-agent: *\ndisallow: /a\nuser-agent: b\ndisallow: /b\n",
          ("ExampleBot", "/b", "/a")),
    _case("2.2.1: without a group for it everything is allowed", "user-agent: OtherBot\ndisallow: /\n",
          ("ExampleBot", "/ /a", "")),
    _case("2.2.2: /foo/bar?baz=quz", "user-agent: *\ndisallow: /foo/bar?baz=quz\n",
          ("ExampleBot", "/foo/bar?baz=qux /foo/bar", "/foo/bar?baz=quz")),
    _case("2.2.2: /foo/bar?baz=https://foo.bar", "user-agent: *\ndisallow: /foo/bar?baz=https://foo.bar\n",
          ("ExampleBot", "/foo/bar?baz=https://foo.org",
           "/foo/bar?baz=https://foo.bar /foo/bar?baz=https%3A%2F%2Ffoo.bar")),
    _case("2.2.2: the same, escaped in the rule", "user-agent: *\ndisallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar\n",
          ("ExampleBot", "/foo/bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar /foo/bar?baz=https://foo.bar")),
    _case("2.2.2: /foo/bar/ with a letter beyond ASCII", "user-agent: *\ndisallow: /foo/bar/ツ\n",
          ("ExampleBot", "/foo/bar/%E3%83%83", "/foo/bar/%E3%83%84")),
    _case("2.2.2: /foo/bar/%E3%83%84", "user-agent: *\ndisallow: /foo/bar/%E3%83%84\n",
          ("ExampleBot", "/foo/bar/", "/foo/bar/%E3%83%84 /foo/bar/%e3%83%84")),
    _case("2.2.2: /foo/bar/%62%61%7A", "user-agent: *\ndisallow: /foo/bar/%62%61%7A\n",
          ("ExampleBot", "/foo/bar/ba", "/foo/bar/baz")),
    _case("2.2.2: of two rules that are alike the allow counts", "user-agent: *\ndisallow: /a\nallow: /a\n",
          ("ExampleBot", "/a /ab", "")),
    _case("2.2.3: #", "user-agent: *\n# comment on its own line\ndisallow: / # comment in line\nallow: /a # too\n",
          ("ExampleBot", "/a", "/ /b")),
    _case("2.2.3: $", "user-agent: *\ndisallow: /\nallow: /this/path/exactly$\n",
          ("ExampleBot", "/this/path/exactly", "/this/path/exactly/not /this/path")),
    _case("2.2.3: *", "user-agent: *\ndisallow: /\nallow: /this/*/exactly\n",
          ("ExampleBot", "/this/path/exactly /this/a/b/exactly /this//exactly", "/this/exactly /that/path/exactly")),
    _case("2.2.3: %2A and %24", "user-agent: *\ndisallow: /path/file-with-a-%2A.html\ndisallow: /path/foo-%24\n",
          ("ExampleBot", "/path/file-with-a-b.html /path/foo-", "/path/file-with-a-*.html /path/foo-$")),
    _case("2.2.4: other records do not part a group", _lines(
        "user-agent: a", "Sitemap: https://example.org/sitemap.xml", "user-agent: ExampleBot", "disallow: /a"),
        ("ExampleBot", "/b", "/a"), ("a", "/b", "/a")),
    _case("5.1: the simple example", _GROUPS,
          ("anybot", "/publications/ /publications/a.gif /a.gif?x=1 /", "/a.gif /example/ /example/page.html"),
          ("foobot", "/example/page.html /example/allowed.gif", "/ /publications/ /example/other.gif"),
          ("barbot", "/example/ /a.gif", "/example/page.html"), ("bazbot", "/example/ /a.gif", "/example/page.html"),
          ("quxbot", "/ /example/page.html /a.gif", "")),
    _case("5.2: the longest match", _lines(
        "User-Agent: foobot", "Allow: /example/page/", "Disallow: /example/page/disallowed.gif"),
          ("foobot", "/example/page/ /example/page/disallow.gif", "/example/page/disallowed.gif")),
    # What its grammar says, without an example
    _case("a byte order mark", b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n", ("ExampleBot", "/b", "/a")),
    _case("carriage returns end lines", b"User-agent: *\rDisallow: /a\rAllow: /a/b\r", ("ExampleBot", "/a/b", "/a")),
    _case("nothing else does", "User-agent: *\nDisallow: /a\u2028b\nDisallow: /c\x0bd\n".encode(),
          ("ExampleBot", "/a /c", "/a%E2%80%A8b /c%0Bd")),
    _case("bytes that are not UTF-8 are those of the URL", b"User-agent: *\nDisallow: /caf\xe9\n",
          ("ExampleBot", "/caf /cafe", "/caf%E9")),
    _case("a version after the product token", "User-agent: ExampleBot/2.1\nDisallow: /a\n",
          ("ExampleBot/0.1", "/b", "/a"), ("OtherBot", "/a", "")),
    _case("a longer token is another's", "User-agent: ExampleBot-Images\nDisallow: /\n", ("ExampleBot", "/", "")),
    _case("an escaped slash in a path is none", "User-agent: *\nDisallow: /a%2Fb\n", ("ExampleBot", "/a/b", "/a%2fb")),
)

_WILDCARDS = _lines(
    "User-agent: Rule1TestBot", "Disallow:  /foo*", "", "User-agent: Rule2TestBot", "Disallow:  /foo*/bar.html", "",
    "# Disallows anything containing the letter m!", "User-agent: Rule3TestBot", "Disallow:  *m", "",
    "User-agent: Rule4TestBot", "Allow:  /foo/bar.html", "Disallow: *", "", "User-agent: Rule5TestBot",
    "Disallow:  /foo*/*bar.html", "", "User-agent: Rule6TestBot", "Allow:  /foo$", "Disallow:  /foo", "",
    "User-agent: Rule7TestBot", "Allow: *****************/****.js")
_UNICODE = _lines(
    "User-Agent: *", "Disallow: /admin/", "Disallow: /static/", "Disallow: /wiki/K%C3%A4ytt%C3%A4j%C3%A4:",
    "Disallow: /wiki/Käyttäjä:", "Disallow: /wiki/Keskustelu_käyttäjästä:", "User-Agent: UnicödeBöt",
    "Disallow: /some/randome/page.html")
_BOTS_OF_1996 = _lines(
    "User-agent: 1bot", "Allow: /tmp", "Disallow: /", "", "User-agent: 2bot", "Allow: /tmp/", "Disallow: /", "",
    "User-agent: 3bot", "Allow: /a%3cd.html", "Disallow: /", "", "User-agent: 4bot", "Allow: /a%3Cd.html",
    "Disallow: /", "", "User-agent: 5bot", "Allow: /a%2fb.html", "Disallow: /", "", "User-agent: 6bot",
    "Allow: /a/b.html", "Disallow: /", "", "User-agent: 7bot", "Allow: /%7ejoe/index.html", "Disallow: /", "",
    "User-agent: 8bot", "Allow: /~joe/index.html", "Disallow: /")
_SITE_OF_1996 = _lines(
    "User-agent: unhipbot", "Disallow: /", "", "User-agent: webcrawler", "User-agent: excite", "Disallow:", "",
    "User-agent: *", "Disallow: /org/plans.html", "Allow: /org/", "Allow: /serv", "Allow: /~mak", "Disallow: /")
_PAGES_OF_1996 = ("/ /index.html /server.html /services/fast.html /services/slow.html /orgo.gif /org/about.html "
                  "/org/plans.html /%7Ejim/jim.html /%7Emak/mak.html")
_GROUPING = _lines(
    "allow: /foo/bar/", "", "user-agent: FooBot", "disallow: /", "allow: /x/", "user-agent: BarBot", "disallow: /",
    "allow: /y/", "", "", "allow: /w/", "user-agent: BazBot", "", "user-agent: FooBot", "allow: /z/", "disallow: /")
_HEDWIG = _lines("user-agent: hedwig-news", "disallow: /", "allow: /group1", "user-agent: *", "disallow: /",
                 "allow: /group2", "user-agent: hedwig", "disallow: /", "allow: /group3")
_LINE_ENDS = ("User-Agent: foo", "Allow: /some/path", "User-Agent: bar", "", "", "Disallow: /")
_FOO_AND_BAR = (("foo", "/some/path/", ""), ("bar", "", "/some/path/"))


def _foobot(name: str, rules: str, allowed: str, denied: str) -> Case:
    return _case(name, _lines("user-agent: FooBot", *rules.split(" | ")), ("FooBot", allowed, denied))


PROTEGO = (
    _case("allowed", "User-agent: * \nDisallow: /disallowed \nAllow: /allowed \nCrawl-delay: 0.001",
          ("*", "/allowed", "/disallowed")),
    _case("allowed, by prefix", "User-agent: * \nDisallow: /d \nCrawl-delay: 0.001", ("*", "/abc/d", "/disallowed")),
    _case("malformed disallow", _lines(
        "User-agent: * ", "Disallow: /one ", "Dissallow: /two ", "Dissalow: /three ", "Disalow: /four ",
        "Diasllow: /five ", "Disallaw: /six "), ("*", "", "/one /two /three /four /five /six")),
    _case("length", "User-agent: * \nDisallow: / \nAllow: /page", ("*", "/page", "/elsewhere")),
    _foobot("length, page", "disallow: /x/page.html | allow: /x/", "", "/x/page.html"),
    _foobot("length, folder", "allow: /x/page.html | disallow: /x/", "/x/page.html", "/x/"),
    _foobot("length, empty", "disallow:  | allow: ", "/x/page.html", ""),
    _foobot("length, root", "disallow: / | allow: /", "/x/page.html", ""),
    _foobot("length, slash", "disallow: /x | allow: /x/", "/x/", "/x"),
    _foobot("length, same", "disallow: /x/page.html | allow: /x/page.html", "/x/page.html", ""),
    _foobot("length, suffix", "allow: /page | disallow: /*.html", "/page", "/page.html"),
    _foobot("length, dot", "allow: /x/page. | disallow: /*.html", "/x/page.html", "/x/y.html"),
    _case("length, groups", "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n",
          ("FooBot", "/x/page", "/y/page")),
    _foobot("length, /p", "allow: /p | disallow: /", "/page", ""),
    _foobot("length, folder first", "allow: /folder | disallow: /folder", "/folder/page", ""),
    _foobot("length, folder last", "disallow: /folder | allow: /folder", "/folder/page", ""),
    _foobot("length, .htm", "allow: /page | disallow: /*.htm", "", "/page.htm"),
    _foobot("length, $", "allow: /$ | disallow: /", "/", "/page.html"),
    *(_case(f"escapes, {rule}", f"User-agent: * \nDisallow: / \nAllow: {rule}", ("*", "/a<d.html /a%3cd.html", "/b"))
      for rule in ("/a%3cd.html", "/a%3c*", "/a<d.html", "/a<*")),
    _case("parts of a URL", "User-agent: * \nDisallow: /path;params?query \n",
          ("*", "", "/path;params?query#fragment")),
    _case("parts of a URL, query", "User-agent: * \nDisallow: /? \n", ("*", "/", "/?query")),
    _case("parts of a URL, parameters", "User-agent: * \nDisallow: /; \n", ("*", "/", "/;params")),
    _case("empty", "", ("*", "/ /index.html /disallowed", ""), ("chrome", "/", "")),
    _case("wildcards", _lines(
        "User-agent: first", "Disallow: /disallowed/*/end$", "Disallow: /protego*work", "", "User-agent: second",
        "Allow: /*allowed", "Disallow: /"),
        ("first", "/disallowed /disallowed/xyz/endinglater /rotego_does_work /protego_does_wor",
         "/disallowed/xyz/end /disallowed/abc/end /protegoworks /protego_works /protego/works /protego_does_work"),
        ("second", "/allowed /is_still_allowed /is_allowed_too", "")),
    _case("wildcards, by rule", _WILDCARDS,
          ("Rule1TestBot", "/fo.html", "/foo.html /food /foo/bar.html"),
          ("Rule2TestBot", "/fo.html /food/xyz.html", "/foo/bar.html /food/bar.html /foo/a/b/c/x/y/z/bar.html"),
          ("Rule3TestBot", "/foo /foo/bar.txt", "/foo.htm /foo.html /foom /moo /foo/bar.html"),
          ("Rule4TestBot", "/foo/bar.html", "/fo.html /foo.html /foo /foo/bar.txt"),
          ("Rule5TestBot", "/food/rebarf.html", "/foo/bar.html /foo/a/b/c/rebar.html /foo/a/b/c/bar.html"),
          ("Rule6TestBot", "/foo", "/foo/ /foo/bar.html /fooey"),
          ("Rule7TestBot", "/xyz/foo.js /inlife/daily/fashion-20160727/", "")),
    _foobot("wildcards, in the middle", "Disallow: /foo/bar/quz | Allow: /foo/*/qux",
            "/foo/quz /foo//quz /foo/bax/quz", "/foo/bar/quz"),
    _foobot("wildcards, exactly", "Disallow: /foo/bar$ | Allow: /foo/bar/qux",
            "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar"),
    _case("beyond ASCII", _UNICODE,
          ("*", "/ /some/randome/page.html",
           "/admin/ /static/ /wiki/K%C3%A4ytt%C3%A4j%C3%A4: /wiki/Käyttäjä: "
           "/wiki/Keskustelu_k%C3%A4ytt%C3%A4j%C3%A4st%C3%A4: /wiki/Keskustelu_käyttäjästä:"),
          ("UnicödeBöt", "/admin/", "/some/randome/page.html")),
    _case("beyond ASCII, agents", _lines(
        "User-Agent: Jävla-Foobot", "Disallow: /", "", "User-Agent: Львів-bot", "Disallow: /totalitarianism/"),
        ("jävla-fanbot", "/foo/bar.html", ""), ("jävla-foobot", "", "/foo/bar.html"), ("foobot", "/", ""),
        ("Mozilla/5.0 (compatible; Львів-bot/1.1)", "/", "/totalitarianism/foo.htm")),
    _case("no leading agent", _lines(
        "Disallow: /withoutUA", "Allow: /withoutUA/exception", "Crawl-delay: 5.2", "User-Agent: testbot",
        "Disallow: /withUA"),
        ("mybot", "/withoutUA /withUA", ""), ("testbot", "/withoutUA", "/withUA"), ("*", "/withoutUA", "")),
    _case("default agent", _lines(
        "User-Agent: robot", "Disallow: /ro-bot", "", "User-Agent: *", "Disallow: /default-UA", "",
        "User-Agent: testbot", "Disallow: /testbot"),
        ("mybot", "", "/default-UA"), ("testbot", "/default-UA", ""), ("robot", "/default-UA", "")),
    _case("case of agents", "User-Agent: testbot\nDisallow: /testbot\n\nUser-Agent: *\nDisallow: /default-UA\n",
          *((agent, "/default-UA", "/testbot") for agent in ("TESTbot", "testbot", "tEStbOt"))),
    _case("grouping", "User-Agent: one\nUser-Agent: two\nDisallow: /success\nUser-Agent: *\nDisallow: /failure\n",
          ("one", "/failure", "/success"), ("two", "/failure", "/success")),
    _case("grouping, merged", _GROUPING,
          ("FooBot", "/x/b /z/d", "/y/c /foo/bar/"), ("BarBot", "/y/c /w/a", "/z/d /foo/bar/"),
          ("BazBot", "/z/d", "/foo/bar/")),
    _case("comments", _lines(
        "# comment 1", "User-Agent: one # comment 2", "# comment 3", "User-Agent: two", "Disallow: /one-two-bot",
        "# Disallow: /commented", "# comment 4", "User-Agent: *", "Disallow: /default-ua"),
        *((agent, "/commented /default-ua", "/one-two-bot") for agent in ("one", "two"))),
    _foobot("comments, in line", "# Disallow: / | Disallow: /foo/quz#qux | Allow: /", "/foo/bar", "/foo/quz"),
    *(_case(f"skips, {line}", _lines("User-Agent: one", "Disallow: /bot-one", line, "User-Agent: two",
                                     "Disallow: /bot-two"),
            ("one", "/bot-two", "/bot-one"), ("two", "/bot-one", "/bot-two"))
      for line in ("Harry: Potter", "Harry Potter")),
    _case("empty rules", "User-Agent: one\nDisallow:\n\nUser-Agent: two\nAllow:\n",
          ("one", "/path1 /path2", ""), ("two", "/path1 /path2", "")),
    _case("empty group", "User-Agent: harrybot\nDisallow: /\nUser-Agent: testbot\n", ("testbot", "/path1 /path2", "")),
    _case("1994", _lines(
        "User-agent: *", "Disallow: /cyberworld/map/ # This is an infinite virtual URL space",
        "Disallow: /tmp/ # these will soon disappear", "Disallow: /foo.html"),
        ("CrunchyFrogBot", "/ /foo.htm /foo.shtml /cyberworld/index.html", "/foo.html /foo.htmlx /tmp/foo.html")),
    _case("1996", _BOTS_OF_1996,
          ("1bot", "/tmp.html /tmp /tmp/a.html", ""), ("2bot", "/tmp/ /tmp/a.html", "/tmp"),
          ("3bot", "/a%3cd.html /a%3Cd.html", ""), ("4bot", "/a%3cd.html /a%3Cd.html", ""),
          ("5bot", "/a%2fb.html", "/a/b.html"), ("6bot", "/a/b.html", "/a%2fb.html"),
          ("7bot", "/~joe/index.html", ""), ("8bot", "/%7Ejoe/index.html", "")),
    _case("1996, a site", _SITE_OF_1996,
          ("unhipbot", "", _PAGES_OF_1996), ("webcrawler", _PAGES_OF_1996, ""), ("excite", _PAGES_OF_1996, ""),
          ("OtherBot", "/server.html /services/fast.html /services/slow.html /org/about.html /%7Emak/mak.html",
           "/ /index.html /orgo.gif /org/plans.html /%7Ejim/jim.html")),
    _case("implicit allow", "User-agent: *\nDisallow:    /\n\nUser-agent: foobot\nDisallow:\n",
          ("foobot", "/ /bar.html", ""), ("SomeOtherBot", "", "/ /blahblahblah")),
    _case("unknown keys end a group", _lines(
        "User-agent: abc", "Disallow: /content/2/", "User-agent: *", "Invalid_directive: /gb.html",
        "Invalid_directive: /content/2/", "User-agent: ia_archiver", "Disallow: /"),
        ("agent", "/foo /foobar /content/2", ""), ("ia_archiver", "", "/bar /foo /foobar /content/2")),
    _case("generosity, nothing known", "Foo: Foobot\nBar: /", ("FooBot", "/x/y", "")),
    _case("generosity, without colons", _lines(
        "user-agent foobot", "disallow /", "user agent harry potter", "disallow /horcrux",
        "request rate 1/10s 1820-1940"),
        ("FooBot", "", "/x/y"), ("harry potter", "/abc", "/horcrux")),
    _case("generosity, wildcards in agents", "user-agent: foo*bot\ndisallow: /myprofile\n",
          ("foo*bot", "", "/myprofile"), ("foobot", "", "/myprofile")),
    _case("case of directives", _lines(
        "USER-AGENT: onebot", "ALLOW: /x", "DISALLOW: /", "", "user-agent: twobot", "allow: /x", "disallow: /", "",
        "uSEr-aGEnT: threeBot", "AlLoW: /x", "DIsALlOw: /"),
        *((agent, "/x/y", "/a/b") for agent in ("onebot", "twobot", "threebot"))),
    _case("line ends, DOS", "\r\n".join([*_LINE_ENDS, ""]), *_FOO_AND_BAR),
    _case("line ends, Unix", "\n".join([*_LINE_ENDS, ""]), *_FOO_AND_BAR),
    _case("line ends, Mac", "\r".join([*_LINE_ENDS, ""]), *_FOO_AND_BAR),
    _case("line ends, none at the end", "\n".join(_LINE_ENDS), *_FOO_AND_BAR),
    _case("line ends, mixed", "User-Agent: foo\nAllow: /some/path\r\nUser-Agent: bar\n\r\n\nDisallow: /",
          *_FOO_AND_BAR),
    _case("index.html is its folder", "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n",
          ("footbot", "/allowed-slash/ /allowed-slash/index.html", "/allowed-slash/index.htm /anyother-url")),
    _foobot("escapes, a query", "Disallow: / | Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par",
            "/foo/bar?qux=taz&baz=http://foo.bar?tar&par", ""),
    *(_foobot(f"escapes, {rule}", f"Disallow: / | Allow: {rule}", paths, "") for rule, paths in (
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84 /foo/bar/ツ"), ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84 /foo/bar/ツ"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz /foo/bar/%62%61%7A"))),
    _foobot("case of URLs", "disallow: /x/", "", "/x/y"),
    _foobot("case of URLs, other", "disallow: /X/", "/x/y", ""),
    _foobot("$ in the middle", "disallow: /x$/abc | disallow: /y/abc$ | disallow: /x*x$/abc | disallow: /y*y/abc$",
            "/y/abcdef /yabcy/abcdef",
            "/x$/abcdef /x%24/abcdef /y/abc /xabcx$/abcdef /xabcx%24/abcdef /yabcy/abc"),
    _foobot("escaped special symbols", "disallow: /x/abc%24 | disallow: /x%2Ax/abc",
            "/x/abc /xabcx/abc", "/x/abc$abc /x/abc$ /x*x/abc /x*x/abcdef"),
    _foobot("special symbols as themselves", "disallow: /x/abc$ | disallow: /x*x/abc", "",
            "/x*x/abc /x/abc$ /x/abc%24"),
    _case("whole addresses", "user-agent: *\ndisallow: http://ms-web00.walkerplus.com/\n",
          ("FooBot", "/", "/http://ms-web00.walkerplus.com/")),
    _case("no path", "User-Agent: *\nDisallow: /\n", ("FooBot", "", "/")),
    _case("two slashes", "User-Agent: *\nDisallow: //folder/*\n",
          ("FooBot", "/ /folder /folder/ /folder/page //folder", "//folder/page")),
    _case("wildcard in a query", "User-agent: * \nDisallow: /*s=", ("*", "/ /s/", "/?s=asd")),
    _case("leading asterisk, allow", "User-Agent: *\nallow: */p\ndisallow: /\n", ("*", "/page", "")),
    _case("leading asterisk, disallow", "User-Agent: *\nallow: /page\ndisallow: */*.htm\n", ("*", "", "/page.htm")),
)

_GOOGLE_PATHS = (
    ("/", "", "/harry /device/time-turner /hogwards.html"),
    ("/*", "", "/harry /device/time-turner /hogwards.html"),
    *((pattern, "/Phoenix.asp /redphoenix /?id=phoenix",
       "/phoenix /phoenix.html /phoenix/sparky.html /phoenixheads /phoenixheads/yummy.html /phoenix.php?id=anything")
      for pattern in ("/phoenix", "/phoenix*")),
    ("/phoenix/", "/phoenix /phoenix.html /Phoenix/Sparky.asp", "/phoenix/ /phoenix/?id=anything /phoenix/sparky.htm"),
    ("/*.php", "/windows.PHP / /index?php",
     "/filename.php /folder/filename.php /folder/filename.php?parameters /folder/any.php.file.html /filename.php/ "
     "/index?f=filename.php/"),
    ("/*.php$", "/filename.php?parameters /filename.php/ /filename.php5 /windows.PHP /filename?php",
     "/filename.php /folder/filename.php"),
    ("/fish*.php", "/Fish.PHP", "/fish.php /fishheads/catfish.php?parameters"),
)

GOOGLE = (
    _case("which group", _HEDWIG,
          *((agent, "/group1", "/group2 /group3") for agent in ("hedwig-news", "hedwig-news2")),
          *((agent, "/group2", "/group1 /group3") for agent in ("hedwi", "a")),
          *((agent, "/group3", "/group1 /group2") for agent in ("hedwig-new", "hedwig-images"))),
    *(_case(f"path {pattern}", f"User-Agent: *\ndisallow: {pattern}\n", ("*", allowed, denied))
      for pattern, allowed, denied in _GOOGLE_PATHS),
    _case("precedence, /p", "User-Agent: *\nallow: /p \n disallow: /\n", ("*", "/page", "")),
    _case("precedence, folder", "User-Agent: *\nallow: /folder \n disallow: /folder\n", ("*", "/folder/page", "")),
    _case("precedence, $", "User-Agent: *\nallow: /$ \n disallow: /\n", ("*", "/", "/page.htm")),
)
"""Google's cases, as Protego tests them."""

_TWO_DELAYS = "User-agent: * \nCrawl-delay: 0.4 \nUser-agent: testbot\nCrawl-delay: 0.6 \n"

CRAWL_DELAYS = (
    ("the group of *", _TWO_DELAYS, "mybot", 0.4),
    ("a group of its own", _TWO_DELAYS, "testbot", 0.6),
    ("not a number", "User-agent: * \nAllow: /allowed \nCrawl-delay: random_word", "mybot", None),
    ("none", "User-agent: * \nDisallow: /disallowed \nAllow: /allowed", "mybot", None),
    ("of no group", "Crawl-delay: 0.4\nUser-Agent: testbot\nDisallow: /withUA", "testbot", None),
)
"""Protego's cases of Crawl-delay, in smaller numbers: the text, the agent, and what it is asked for."""
