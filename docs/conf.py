"""How `make docs` makes a site of these pages: Sphinx, MyST for Markdown, Furo for the looks. Nothing is fetched, by the build or by a reader."""

from __future__ import annotations

import re
from pathlib import Path

from pygments.lexers.python import PythonConsoleLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "empower"
author = "the authors of empower"
project_copyright = f"{author}; MIT"
extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "index"
html_theme = "furo"
html_title = "empower"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6b53", "color-brand-content": "#0b6b53"},
    "dark_css_variables": {"color-brand-primary": "#6fd3b4", "color-brand-content": "#6fd3b4"},
}
myst_heading_anchors = 4
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

ROOT = Path(__file__).resolve().parents[1]


def keep_to_the_site(_app: Sphinx, page: str, source: list[str]) -> None:
    """A link to a file of the repository that is no page becomes the path of that file: on the site there is nothing to follow."""
    here = (ROOT / "docs" / page).parent

    def plain(found: re.Match[str]) -> str:
        text, target = found.groups()
        path = (here / target.partition("#")[0]).resolve()
        if "://" in target or target.startswith("#") or path.is_relative_to(ROOT / "docs"):
            return found[0]
        return text if text.strip("`").endswith(path.name) else f"{text} (`{path.relative_to(ROOT)}`)"

    source[0] = re.sub(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)", plain, source[0])


def list_the_folder(_app: Sphinx, page: str, source: list[str]) -> None:
    """The first page of a folder leads to all others in it; it need not list them twice."""
    if page in ("design/README", "how-to/index"):
        folder = page.partition("/")[0]
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n" + f"/{folder}/[!iR]*\n```\n"


def setup(app: Sphinx) -> None:
    """Python on these pages is a session, and links stay on the site."""
    app.add_lexer("python", PythonConsoleLexer)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", keep_to_the_site)
    app.connect("source-read", list_the_folder)
