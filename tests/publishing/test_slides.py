"""The lecture: six figures, three questions, every figure there, nothing from elsewhere."""

import re
from urllib.parse import urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import execute, notebooks, slides
from glasslib.publishing.execute import Page

LECTURE = paths.pages() / "lecture" / "lecture.md"
TEXT = LECTURE.read_text(encoding="utf-8")
FIGURES = re.findall(r"]\((.*?)\)", TEXT)
BUILT = [paths.build() / "executed" / f"{stem}.ipynb" for stem in notebooks.contents()]


def executed(folder, without=""):
    """A notebook for each that the lecture quotes, with sentences of its own and its figures."""
    wanted = re.findall(r"\{(finding|glue) ([\w-]+) ?([\w-]*)\}", TEXT)
    (folder / "figures").mkdir(parents=True)
    for name in FIGURES:
        (folder / "figures" / name).write_bytes(b"a picture")
    pages = []
    for stem in dict.fromkeys(page for _, page, _ in wanted):
        outputs = []
        for kind, page, name in wanted:
            text = f"{stem} found {name or 'τ_α < 3'}."
            if page != stem:
                continue
            data = ({"text/markdown": f"**What we find.** {text}\n\n**Data.** Much.\n"}
                    if kind == "finding" else {"x/text/plain": repr(text)})
            book = {} if kind == "finding" else {"scrapbook": {"name": name, "mime_prefix": "x/"}}
            outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=book))
        cell = nbformat.v4.new_code_cell("look()", outputs=outputs)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / f"{stem}.ipynb")
        pages.append(Page(stem, folder / f"{stem}.ipynb", 1.0, False, ()))
    saved = tuple(name for name in FIGURES if name != without)
    return [*pages, Page("figures", folder / "figures.ipynb", 1.0, False, saved)][::-1]


def check(index):
    """Six figures with text, three questions, notes on each slide, all of it from this folder."""
    text = index.read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    sections = soup.select(".slides > section")
    assert len(soup("img")) == 6 and len(soup.select("section.question")) == 3
    assert all(image["alt"].strip() for image in soup("img"))
    assert all(section.select_one("aside.notes p") for section in sections)
    loaded = [tag.get("src") or tag.get("href") for tag in soup(["img", "script", "link"])]
    for address in filter(None, loaded):
        assert not urlsplit(address).scheme and not urlsplit(address).netloc
        assert (index.parent / address).stat().st_size
    assert not re.search(r"(?:src|href)=.?(?:https?:)?//|url\(|@import", text)
    assert "{finding" not in text and "{glue" not in text
    minutes = [int(re.match(r"\d+", note.get_text().strip())[0])
               for note in soup.select("aside.notes") if note.get_text().strip()[0].isdigit()]
    assert len(minutes) == len(sections) - 1 and sum(minutes) == 45
    return soup


def test_slides_are_written_whole_and_quote_the_notebooks(tmp_path):
    target = tmp_path / "out" / "slides"
    target.mkdir(parents=True)
    (target / "old.html").write_text("old")
    index = slides.write(target, executed(tmp_path))
    soup = check(index)
    assert "τ<sub>α</sub> &lt; 3" in str(soup.select_one("p.finding"))
    assert "15-claims found two-minutes-3." in soup.get_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["slides"]
    assert not (target / "old.html").exists()


@pytest.mark.parametrize(("old", "new", "message"), [
    ("{finding 02-relaxation}", "{finding 99-none}", "99-none. names no notebook"),
    ("{finding 02-relaxation}", "{glue 15-claims none}", "15-claims says nothing of that name"),
    ("![Left, scattering", "![](figure-1.png)\n\n![Left, scattering", "'figure-1.png' has no text"),
])
def test_what_is_missing_is_named(tmp_path, monkeypatch, old, new, message):
    (tmp_path / "lecture").mkdir()
    assert old in TEXT
    (tmp_path / "lecture" / "lecture.md").write_text(TEXT.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(paths, "pages", lambda: tmp_path)
    with pytest.raises(PublishError, match=message.replace(". names", "\\} names")):
        slides.write(tmp_path / "slides", executed(tmp_path))
    assert not (tmp_path / "slides").exists()


def test_a_figure_that_no_notebook_saves_is_named(tmp_path):
    with pytest.raises(PublishError, match="no notebook saved 'figure-4.png'"):
        slides.write(tmp_path / "slides", executed(tmp_path, without="figure-4.png"))


def test_the_notebooks_save_the_figures_of_the_lecture():
    sources = "".join(path.read_text(encoding="utf-8") for path in paths.notebooks().glob("*.md"))
    for name in FIGURES:
        assert f'figures.save("{name.removesuffix(".png")}"' in sources


@pytest.mark.skipif(not all(path.exists() for path in BUILT), reason="the book is not built here")
def test_slides_of_the_executed_notebooks(tmp_path):
    pages = []
    for path in BUILT:
        record = execute.read_record(path.with_suffix(".json"))
        pages.append(Page(path.stem, path, 1.0, False, tuple(record["figures"])))
    check(slides.write(tmp_path / "slides", pages))
