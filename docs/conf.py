"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import ClassVar, ParamSpec, TypeVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parent))

from tables import TABLES

project = "Flask-SimpleLogin"
version = release = version_of(project)
html_show_copyright = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = project
pygments_style = "default"
pygments_dark_style = "github-dark"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

# A name in backticks leads to its entry where it has one. It need not have one, while a reference
# with a role must: these two lists are about all that has no entry here.
default_role = "py:obj"
nitpick_ignore_regex = [
    ("py:obj", ".*"),
    ("py:class", r"(click|flask|flask_wtf|markupsafe|wtforms|typing|collections\.abc|pathlib)\..*"),
    ("py:class", "ResponseReturnValue"),  # a part of `flask.typing`
    ("py:class", ".*FlaskAdmin"),  # the `Admin` of Flask-Admin
    ("py:class", ".*HasEngine"),  # what an engine and Flask-SQLAlchemy's `db` have in common
]
nitpick_ignore = [
    ("py:class", target)
    for name, module in sys.modules.items()
    if name.partition(".")[0] == "flask_simplelogin"
    for variable, value in vars(module).items()
    if isinstance(value, (ParamSpec, TypeVar))
    for target in (variable, f"{name}.{variable}")
]


class TableDirective(SphinxDirective):
    """Put one of the tables that are made from the code where a page asks for it by name."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.parse_text_to_nodes(TABLES[self.arguments[0]]())


def setup(app: Sphinx) -> None:
    """Let pages ask for the tables."""
    app.add_directive("table-of", TableDirective)
