"""Tables in prose pages are those that the library gives."""

import pytest

from glasslib import paths
from glasslib.errors import ParameterError
from glasslib.lab import expected
from glasslib.publishing import prose

TABLES = {**prose.tables(), **expected.instructor_tables()}


def test_generated_tables_follow_the_models():
    rows = prose.parameter_rows()
    assert rows[0] == ("name", "pages", "default", "allowed", "unit", "meaning")
    assert ("temperature", "all", "0.5", "from 0.3 to 0.9", "ε/k_B") in [row[:5] for row in rows]
    assert ("seed", "5, 6, 7", "0", "from 0 below 4294967296") in [row[:4] for row in rows]
    for name, table in TABLES.items():
        assert len({len(row) for row in table}) == 1 and len(table) > 2, name
    text = "a\n% table: parameters\nold\n% end of table\nb\n"
    filled = prose.with_tables(text, TABLES)
    assert "old" not in filled and "| `temperature` |" in filled
    assert prose.with_tables(filled, TABLES) == filled
    with pytest.raises(ParameterError, match="table 'none' does not exist; choose parameters"):
        prose.with_tables("% table: none\n% end of table", TABLES)


@pytest.mark.parametrize(
    "path", sorted(paths.pages().rglob("*.md")), ids=lambda path: path.stem
)
def test_tables_in_prose_are_in_step(path):
    text = path.read_text(encoding="utf-8")
    assert prose.with_tables(text, TABLES) == text, f"run 'make notebooks' ({path.name} differs)"
    assert text.count("% table: ") == text.count("% end of table")
