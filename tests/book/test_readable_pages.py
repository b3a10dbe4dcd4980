"""Pages as a person reads them: folded, the finding first, tables in one style."""

import re

import pytest
from docutils import nodes
from docutils.utils import new_document

import glasslib
from readable_pages import _subscripts, compact_table, imprint, readable


def code(source, tags=(), *outputs):
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)},
            "outputs": [{"output_type": "display_data", "data": data} for data in outputs]}


def page():
    opening = {"text/markdown": ["**What we find.** A beats B.\n", "\n", "**Data.** 10 runs.\n"]}
    return {"cells": [
        {"cell_type": "markdown", "metadata": {},
         "source": "# Title\n\n**What you will see.** Much.\n\n## The data on this page\n"},
        code("temperature = 0.5", ["parameters"]),
        code("temperature = 0.55", ["injected-parameters"]),
        code("page = results.start(globals())\nresults.opening('x', shown)", (), opening),
        {"cell_type": "markdown", "metadata": {}, "source": "## The idea"},
        code("figure = draw()"), code("look()", ["open"]), code("glue()", ["remove-cell"]),
    ]}


def test_code_is_folded_and_the_finding_comes_first():
    cells = readable(page())["cells"]
    tags = [cell["metadata"].get("tags") for cell in cells if cell["cell_type"] == "code"]
    assert tags == [["parameters", "remove-cell"], ["injected-parameters", "remove-cell"],
                    ["remove-cell"], ["hide-input"], ["open"], ["remove-cell"]]
    first = cells[0]["source"]
    assert first.index("# Title") < first.index("A beats B.") < first.index("What you will see")
    assert ":class: finding" in first and "Data: 10 runs. {ref}`More <data-card>`" in first
    assert "The data on this page" not in first
    assert not any(cell.get("outputs") for cell in cells)


def test_text_about_the_data_and_other_outputs_stay():
    node = page()
    node["cells"][0]["source"] += "\nText.\n"
    node["cells"][3]["outputs"].append({"data": {"text/plain": "a table"}})
    cells = readable(node)["cells"]
    assert "## The data on this page\n\nText." in cells[0]["source"]
    assert cells[3]["metadata"]["tags"] == ["remove-input"] and len(cells[3]["outputs"]) == 1
    plain = {"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Title"}]}
    assert readable(plain) == plain


def test_tables_are_compact():
    html = ('<table class="dataframe"><thead><tr><th></th><th>0.60</th></tr><tr><th>model</th>'
            "<th></th></tr></thead><tbody><tr><th>A at τ_α</th><td>-0.7681 ± 0.0069</td></tr>"
            "<tr><th>χ4</th><td>not confirmed</td></tr></tbody></table>")
    out = compact_table(html)
    assert out.count("<tr>") == 3 and "<th>model</th><th>0.60</th>" in out
    assert "-0.768(7)" in out and '<td class="verdict not-confirmed">' in out
    assert "τ<sub>α</sub>" in out and "χ<sub>4</sub>" in out
    glued = {"application/papermill.record/text/html": html}
    node = {"cells": [code("glue()", ["remove-cell"], glued)]}
    assert "(7)" in str(readable(node)["cells"][0]["outputs"])


@pytest.mark.parametrize(("text", "seen"), [
    ("1.5 ± 0.4; 10,250 ± 350", "1.5(4); 10,250(350)"), ("0.5 ± ?", "0.5 ± ?"),
    ("-0.109 ± 0.0171", "-0.109(17)"),
])
def test_errors_go_into_brackets(text, seen):
    assert compact_table(f"<td>{text}</td>") == f"<td>{seen}</td>"


def test_symbols_in_text_get_subscripts_and_code_does_not():
    document = new_document("x")
    document += nodes.paragraph("", "", nodes.Text("ρ(τ_α) and χ4"), nodes.literal("", "χ4"))
    _subscripts(None, document, "x")
    assert [node.astext() for node in document.findall(nodes.subscript)] == ["α", "4"]
    assert document.astext() == "ρ(τα) and χ4χ4"


def test_foot_names_version_and_data():
    assert re.fullmatch(
        rf"Version {re.escape(glasslib.__version__)} · data [0-9a-f]{{8}} · tables [0-9a-f]{{8}}",
        imprint(),
    )
