"""A small book, built with the settings of the real one, and the pages that come out."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from glasslib import paths
from glasslib.errors import PublishError
from glasslib.publishing import execute, notebooks, site

HERE = Path(__file__).parent
LOADERS = [
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("embed", "src"),
    ("object", "data"),
]
ELSEWHERE = re.compile(r"(?:https?:)?//")


def problems(folder: Path) -> list[str]:
    """Everything wrong with built pages: no alt text, another host, a link to nothing."""
    found = []
    soups = {
        path.resolve(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in folder.rglob("*.html")
        if "_static" not in path.parts
    }
    anchors = {
        path: {tag.get("id") or tag.get("name") for tag in soup.find_all(id=True)}
        | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
        for path, soup in soups.items()
    }
    for path, soup in soups.items():
        page = path.relative_to(folder.resolve())
        for image in soup.find_all("img"):
            if not (image.get("alt") or "").strip():
                found.append(f"{page}: image {image.get('src', '')[:60]} has no alt text")
        local = []
        for tag, attribute in LOADERS:
            for element in soup.find_all(tag, attrs={attribute: True}):
                if ELSEWHERE.match(element[attribute]):
                    found.append(f"{page}: <{tag}> loads {element[attribute]}")
                elif not element[attribute].startswith("data:"):
                    local.append(element[attribute])
        for style in [*soup.find_all("style"), *soup.find_all(style=True)]:
            text = style.get("style") or style.get_text()
            if re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text):
                found.append(f"{page}: a style loads from elsewhere")
        for script in soup.find_all("script", src=False):
            if "require.min.js" in script.get_text() or re.search(
                r"\bimport\s*\(?\s*[\"']https?://", script.get_text()
            ):
                found.append(f"{page}: a script loads from elsewhere")
        local += [a["href"] for a in soup.find_all("a", href=True)]
        for address in local:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                found.append(f"{page}: {address} leads nowhere")
            elif parts.fragment and target in anchors:
                if unquote(parts.fragment) not in anchors[target]:
                    found.append(f"{page}: {address} names no place on that page")
    for sheet in folder.rglob("*.css"):
        if re.search(
            r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")
        ):
            found.append(f"{sheet.relative_to(folder)}: loads from elsewhere")
    return found


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build: a prose page, an executed notebook with a figure, the API page, the references."""
    root = tmp_path_factory.mktemp("book")
    pages = root / "root"
    (pages / "book").mkdir(parents=True)
    (pages / "_config.yml").write_bytes((paths.root() / "_config.yml").read_bytes())
    real = paths.pages()
    for name in ("assets", "extensions"):
        (pages / "book" / name).symlink_to(real / name)
    (pages / "book" / "api").mkdir()
    api = [f"api/{path.name}" for path in sorted((real / "api").iterdir())]
    for name in ("references.bib", "references.md", "api.md", *api):
        (pages / "book" / name).write_bytes((real / name).read_bytes())
    (pages / "book" / "index.md").write_text(
        "# Front\n\nThe displacement $\\Delta r_i$ {cite:p}`Tripodo2022`, drawn in"
        " {numref}`fig-4`; functions in [](api.md).\n\n"
        "$$ F_s(q, \\tau_\\alpha) = 1/e $$ (eq-tau)\n\nSee {eq}`eq-tau`.\n\n(data-card)=\n## Data\n"
    )
    (pages / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n"
        "  - file: notebooks/50-sample\n  - file: book/api\n  - file: book/references\n"
        + "".join(f"  - file: book/{name}\n" for name in api)
    )
    done = execute.execute_pages(
        notebooks.contents(pages / "_toc.yml"), folder=root / "executed", sources=HERE
    )
    site.stage(root / "source", done, root=pages)
    site.build_html(root / "source", root / "_build" / "html")
    return root / "_build" / "html"


def soup_of(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_the_pages_are_sound(book):
    assert problems(book) == []


def test_figure_has_its_alt_text_caption_and_number(book):
    page = soup_of(book / "notebooks" / "50-sample.html")
    image = page.find("figure").find("img")
    assert image["alt"] == "A straight line that rises from 0 to the temperature."
    assert (book / "notebooks" / image["src"]).resolve().stat().st_size > 1000
    assert "Fig. 4" in page.find("figcaption").get_text()  # its label's number, not its place
    assert "Fig. 4" in soup_of(book / "book" / "index.html").find("article").get_text()


def test_page_says_what_is_behind_it(book):
    path = book / "notebooks" / "50-sample.html"
    article = soup_of(path).find("article")
    (behind,) = article(class_="behind")
    assert behind.name == "details" and not behind.has_attr("open")
    assert "glasslib run 50 -p temperature=0.55" in behind.get_text()
    links = [a for a in article("a", href=True) if a["href"].endswith("figure-sample.csv")]
    assert len(links) == 2  # below the figure, and here
    for link in links:
        assert (path.parent / link["href"]).resolve().read_text() == "x\n0.0\n0.5\n"
    (function,) = [a for a in behind("a") if "figures.save" in a.get_text()]
    assert function["href"] == "../book/api/figures.html#glasslib.figures.style.save"


def test_mathjax_is_here_with_its_fonts(book):
    scripts = [tag["src"] for tag in soup_of(book / "book" / "index.html")("script", src=True)]
    (mathjax,) = [script for script in scripts if "mathjax" in script]
    program = (book / "book" / mathjax.split("?")[0]).resolve()
    assert program.stat().st_size > 1_000_000
    fonts = program.parent / "output" / "chtml" / "fonts" / "woff-v2"
    assert len(list(fonts.glob("*.woff"))) == 23


def test_front_page_cites_and_leads_on(book):
    assert "book/index.html" in (book / "index.html").read_text()
    article = soup_of(book / "book" / "index.html").find("article").get_text()
    assert "Tripodo" in article and "(1)" in article
    assert "9322" in soup_of(book / "book" / "references.html").find("article").get_text()


def test_api_pages_hold_every_module(book):
    from api_pages import module_names

    first = soup_of(book / "book" / "api.html").find("article")
    assert [h.get_text().rstrip("#") for h in first("h2")] == [
        "Ten functions you will use", "Four wings"]
    (ten, _) = first("table")
    assert len(ten("a", href=re.compile("^api/.*#glasslib"))) == 10  # each leads to its reference
    pages = sorted((book / "book" / "api").glob("*.html"))
    assert max(page.stat().st_size for page in pages) < 1_000_000
    headings = [h.get_text().rstrip("#") for page in pages for h in soup_of(page)("h2")]
    assert set(headings) >= set(module_names())
    page = soup_of(book / "book" / "api" / "ground.html")
    assert page.find(id="glasslib.configuration.Configuration")
    melt = page.find(id="glasslib.parameters.Melt").parent.get_text()
    assert "Number of monomers N." in melt  # fields come from the model itself
    assert "model_config" not in page.get_text()


def test_stderr_of_a_notebook_stays_out(book):
    text = (book / "notebooks" / "50-sample.html").read_text(encoding="utf-8")
    assert "a note to stdout" in text
    assert (
        "a note to stderr"
        not in soup_of(book / "notebooks" / "50-sample.html").find_all(class_="output").__str__()
    )


def test_problems_are_seen(tmp_path):
    (tmp_path / "a.html").write_text(
        '<img src="b.png"><img src="https://x.org/b.png" alt="b"><a href="c.html">c</a>'
        '<a href="#nowhere">d</a><script src="//x.org/a.js"></script>'
        '<div style="background: url(https://x.org/a.png)"></div><a href="https://x.org">x</a>'
    )
    (tmp_path / "a.css").write_text('@import "https://x.org/font.css";')
    told = "\n".join(problems(tmp_path))
    for words in (
        "b.png has no alt text",
        "<img> loads https://x.org/b.png",
        "b.png leads nowhere",
        "c.html leads nowhere",
        "#nowhere names no place",
        "<script> loads //x.org/a.js",
        "a style loads",
        "a.css: loads",
    ):
        assert words in told
    assert told.count("\n") == 7


def test_a_warning_fails_the_build_and_keeps_the_old_book(book, tmp_path, capfd):
    source, html = tmp_path / "source", tmp_path / "html"
    html.mkdir()
    (html / "index.html").write_text("old")
    source.mkdir()
    (source / "_config.yml").write_text('title: t\nexecute: {execute_notebooks: "off"}\n')
    (source / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (source / "index.md").write_text("# Title\n\n{ref}`no-such-place`\n")
    with pytest.raises(PublishError, match="1 warnings or errors"):
        site.build_html(source, html)
    assert (html / "index.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "source"]
    told = capfd.readouterr().err
    assert "index.md:3: WARNING" in told and "no-such-place" in told
    assert str(tmp_path) not in told


def test_a_missing_extension_is_named(tmp_path, capfd):
    (tmp_path / "_config.yml").write_text(
        'execute: {execute_notebooks: "off"}\nsphinx: {extra_extensions: [no_such_extension]}\n'
    )
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "index.md").write_text("# Title\n")
    with pytest.raises(PublishError, match="the book was not built"):
        site.build_html(tmp_path, tmp_path / "html")
    told = capfd.readouterr().err
    assert "Could not import extension no_such_extension" in told and "Traceback" not in told


@pytest.mark.skipif(
    not (paths.build() / "html" / "index.html").exists(), reason="the book is not built here"
)
def test_the_built_book_is_sound():
    assert problems(paths.build() / "html") == []
