"""The HTML page in headless Chromium (`pytest -m browser`): what lights, keys, search, accessibility, attacks.

Needs Chromium and its driver, and the group `browser`; for accessibility also axe-core, as by `npm install axe-core` in the checkout.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_articles import ARTICLES
from report_cases import BRIDGE, MARKUP, attacking_briefing, faulty_briefing, hostile_briefing, seed_briefings

import briefing
from briefing import Source
from briefing.reports import shown

pytestmark = pytest.mark.browser

WIDE, PHONE = (1280, 800), (390, 800)
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SECONDS = 10.0


class Tab:
    """A page in the browser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def show(self, page: str | Path, *, size: tuple[int, int] = WIDE, dark: bool = False) -> None:
        """Open a file in a window of a size."""
        scheme = "dark" if dark else "light"
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(Path(page).as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        """The elements of a selector."""
        return list(self.driver.find_elements("css selector", selector))

    def lit(self) -> str:
        """What is lit in the article."""
        return str(
            self.run("return [...document.querySelectorAll('.source .lit')].map(n => n.textContent).join('')")
        )

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def until(self, done: Callable[[], object]) -> None:
        """Wait for something."""
        end = time.monotonic() + SECONDS
        while not done():
            assert time.monotonic() < end
            time.sleep(0.02)

    def requests(self) -> list[str]:
        """URLs that were requested since the page was opened, without its own."""
        events = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("file:", "about:", "data:", "chrome:"))]

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, those about the policy among them."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """A tab of headless Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason='needs the group "browser": selenium')
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip(
            "needs chromium and chromedriver on the PATH, as of Debian's chromium and chromium-driver"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield Tab(driver)
    driver.quit()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with one faulty briefing."""
    path = tmp_path_factory.mktemp("one") / "page.html"
    path.write_text(faulty_briefing().to_html(BRIDGE), "utf-8")
    return path


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a faulty briefing, the seeds in their scripts, and a failure."""
    results = [faulty_briefing(), *seed_briefings(), briefing.InputError("no.txt is empty")]
    return briefing.report(results, tmp_path_factory.mktemp("many") / "page.html", sources=[BRIDGE])


def test_a_sentence_lights_its_evidence_and_scrolls_to_it(tab: Tab, one: Path) -> None:
    """By hover, by focus, by click; a click keeps it, a second one and Escape put it out."""
    from selenium.webdriver import ActionChains

    tab.show(one)
    statements = tab.all(".claim.statement button.text")
    ActionChains(tab.driver).move_to_element(statements[0]).perform()
    assert "The council of Harwick closed the Tern bridge on Monday." == tab.lit()
    tab.run("arguments[0].focus()", statements[4])
    assert "The ferry to Skarn costs 3 crowns, said Ida Moe of the harbour office." == tab.lit()
    inside = """
        const [place, frame] = ['.source .lit', '.article'].map(s => document.querySelector(s).getBoundingClientRect());
        return place.top >= frame.top && place.bottom <= frame.bottom;"""
    assert tab.run(inside)
    statements[1].click()
    ActionChains(tab.driver).move_to_element(statements[0]).perform()
    assert tab.lit().startswith("“We had no choice,” said Maren Holt")
    assert "true" == statements[1].get_attribute("aria-pressed")
    tab.press("\ue00c")  # Escape
    assert ("", "false") == (tab.lit(), statements[1].get_attribute("aria-pressed"))
    statements[1].click()
    statements[1].click()
    assert "false" == statements[1].get_attribute("aria-pressed")


def test_a_passage_lights_the_sentences_that_rest_on_it(tab: Tab, one: Path) -> None:
    """Pointing at it in the article, also where several rest on it; elsewhere, and outside, nothing is lit."""
    from selenium.webdriver import ActionChains

    def resting() -> list[str]:
        return [button.text.partition("\n")[0] for button in tab.all("button.text.resting")]

    tab.show(one)
    pieces = {piece.text: piece for piece in tab.all(".source .piece")}
    ActionChains(tab.driver).move_to_element(pieces["We had no choice,"]).perform()
    assert ["“We had no other choice,” said Maren Holt.", "We had no choice,"] == resting()
    ActionChains(tab.driver).move_to_element(pieces["Maren Holt"]).perform()
    assert ["“We had no other choice,” said Maren Holt.", "We had no choice,", "Maren Holt"] == resting()
    assert "" == tab.lit()
    ActionChains(tab.driver).move_to_element(tab.all("h1")[0]).perform()
    assert [] == resting()
    last = tab.all(".source .piece")[-1]
    tab.run("arguments[0].scrollIntoView()", last)
    ActionChains(tab.driver).move_to_element(last).perform()
    assert ["The ferry to Skarn costs 3 crowns."] == resting()
    inside = """
        const [place, frame] = ['.resting', '.briefing'].map(s => document.querySelector(s).getBoundingClientRect());
        return place.top >= frame.top && place.bottom <= frame.bottom;"""
    assert tab.run(inside)


def test_what_is_wrong_is_marked_word_by_word(tab: Tab, one: Path) -> None:
    """Each finding has its words in the sentence, and a button that lights what the article has instead."""
    tab.show(one)

    assert ["9.9 million crowns", "Tuesday", "We had no other choice,", "5.2 million crowns"] == [
        mark.text for mark in tab.all("button.text mark.error")
    ]
    assert ["(it adds “other”)"] == [
        note.text[note.text.index("(it") :].split(" show")[0]
        for note in tab.all(".notes li")
        if "(it" in note.text
    ]
    tab.all("button.show")[0].click()
    assert "We had no choice," == tab.lit()


def test_overlapping_passages_are_each_lit_as_a_whole(tab: Tab, one: Path) -> None:
    """A name in a longer name in a quoted sentence, behind a character of two UTF-16 units."""
    tab.show(one)
    lit = {}
    for claim in tab.all(".claim.entity button.text"):
        claim.click()
        lit[claim.text] = tab.run(
            "return [...document.querySelectorAll('.source .lit')].map(n => n.textContent)"
        )
        claim.click()

    assert ["Harwick"] * 3 == [text for text in lit["Harwick"] if text == "Harwick"]
    assert "Harwick Ledger" == "".join(lit["Harwick Ledger"])
    text = tab.run("return document.querySelector('.source').textContent")
    assert BRIDGE.text == text


def test_links_lead_to_the_passage_on_the_live_page(tab: Tab, one: Path) -> None:
    """In a tab of its own, which knows nothing of this one."""
    tab.show(one)
    link = tab.all(".claim.statement .links a")[0]

    assert BRIDGE.sentences[0].fragment(BRIDGE.url or "") == link.get_attribute("href")
    assert ("_blank", "noopener noreferrer") == (link.get_attribute("target"), link.get_attribute("rel"))


def test_keys_go_from_sentence_to_sentence_and_from_article_to_article(tab: Tab, many: Path) -> None:
    """As the page says; in the search they are letters."""
    tab.show(many)
    tab.press("j", "j")
    assert tab.run("return document.activeElement.textContent").startswith("The council of Harwick closed")
    tab.press("k")
    assert tab.run("return document.activeElement.closest('.headline') !== null")
    tab.press("n")
    tab.until(lambda: tab.run("return location.hash") == "#2")
    tab.until(lambda: "Eastmoor" in tab.all("h2")[0].text)
    tab.press("p")
    tab.until(lambda: "Harwick" in tab.all("h2")[0].text)
    tab.press("/")
    tab.press("n", "/")
    assert "n/" == tab.run("return document.activeElement.value")
    tab.driver.back()
    tab.until(lambda: "Eastmoor" in tab.all("h2")[0].text)


def test_search_and_filter_choose_articles(tab: Tab, many: Path) -> None:
    """The search reads headlines, summaries and articles, in any script."""
    tab.show(many)

    def shown_titles() -> list[str]:
        return [item.text for item in tab.all("#list li:not([hidden])")]

    for words, headline in (("Skarn FERRY", "Harwick closes"), ("الريحان", "محطة"), ("浜鳴", "浜鳴鉄道")):
        tab.run("search.value = arguments[0]; search.dispatchEvent(new Event('input'))", words)
        tab.until(lambda title=headline: [True] == [title in text for text in shown_titles()])
    tab.run("search.value = ''; filter.value = 'error'; filter.dispatchEvent(new Event('change'))")
    tab.until(lambda: tab.all("#count")[0].text.startswith("2 of "))
    assert [True, True] == ["not supported" in shown_titles()[0], "failed" in shown_titles()[1]]


def test_every_article_is_shown(tab: Tab, many: Path) -> None:
    """In every script, from right to left where it is written so, with all evidence in the article."""
    tab.show(many)
    sources = [BRIDGE, *(made.source for made in seed_briefings())]
    for number, source in enumerate(sources, 1):
        tab.run("location.hash = arguments[0]", f"#{number}")
        tab.until(lambda n=number: tab.run("return document.querySelector('[aria-current]').hash") == f"#{n}")
        assert isinstance(source, Source)
        assert shown(source.text) == tab.run("return document.querySelector('.source').textContent")
        tab.all(".claim.statement button.text")[0].click()
        assert len(tab.lit()) > 10
        if source.lang == "ar":
            assert "rtl" == tab.run("return getComputedStyle(document.querySelector('.source')).direction")
    assert [] == tab.complaints()
    assert [] == tab.requests()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("page", ["one", "many", "bare"])
def test_axe_finds_nothing(
    tab: Tab, one: Path, many: Path, tmp_path: Path, page: str, size: tuple[int, int], dark: bool
) -> None:
    """No violation of axe-core's rules, best practices among them, at rest and with a lit passage."""
    if not AXE.exists():
        pytest.skip(f"needs axe-core: npm install axe-core, which makes {AXE.name}")
    bare = tmp_path / "bare.html"
    bare.write_text(faulty_briefing().to_html(), "utf-8")
    tab.show({"one": one, "many": many, "bare": bare}[page], size=size, dark=dark)
    tab.run(AXE.read_text("utf-8"))
    found = []
    for prepare in (
        "",
        "for (const d of document.querySelectorAll('details')) d.open = true",
        "document.querySelectorAll('.claim.statement button.text')[1].click()",
    ):
        tab.run(prepare)
        ran = "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])))"
        found += tab.driver.execute_async_script(ran)

    assert [] == found


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_window_does_not_scroll(tab: Tab, one: Path, many: Path, size: tuple[int, int]) -> None:
    """Only its panes do, and none of them sideways."""
    for page in (one, many):
        tab.show(page, size=size)
        tab.all(".claim.statement button.text")[-1].click()
        wide = "return [...document.querySelectorAll('section, nav')].filter(n => n.scrollWidth > n.clientWidth).length"
        assert 0 == tab.run(wide)
        whole = "const d = document.documentElement; return [d.scrollWidth - d.clientWidth, d.scrollHeight - d.clientHeight]"
        assert [0, 0] == tab.run(whole)


def test_the_print_has_the_whole_article(tab: Tab, one: Path) -> None:
    """Nothing is folded, or cut off at the window's height."""
    tab.show(one)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert [True, True] == [found.get_property("open") for found in tab.all("main details")]
    tab.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert tab.run(
            "return [...document.querySelectorAll('section')].every(n => n.scrollHeight <= n.clientHeight + 1)"
        )
        assert tab.run("return document.body.scrollHeight") > 1000
    finally:
        tab.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_attacks_run_nothing(tab: Tab, tmp_path: Path) -> None:
    """Nothing of an article or an answer runs, loads, or becomes an element; the article is shown as it is."""
    attacks = [*map(attacking_briefing, MARKUP), *map(hostile_briefing, ARTICLES)]
    tab.show(briefing.report(attacks, tmp_path / "page.html"))
    assert len(attacks) == len(tab.all("#list li"))
    for number, made in enumerate(attacks, 1):
        tab.run("location.hash = arguments[0]", f"#{number}")
        tab.until(lambda n=number: tab.run("return document.querySelector('[aria-current]').hash") == f"#{n}")
        assert made.source is not None
        assert shown(made.source.text) == tab.run("return document.querySelector('.source').textContent")
        for claim in tab.all("button.text")[:3]:
            tab.run("arguments[0].click()", claim)
    assert tab.run("return window.broken === undefined")
    strange = "return document.querySelectorAll('img, svg, iframe, object, link, base, b, [onerror], [onload]').length"
    assert 0 == tab.run(strange)
    links = set(tab.run("return [...document.querySelectorAll('main a')].map(a => new URL(a.href).protocol)"))
    assert links <= {"https:"}
    assert [] == tab.complaints()
    assert [] == tab.requests()
