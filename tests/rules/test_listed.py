"""The list of functions in docs/rules.md is that of the rules. `python -m tests.rules.test_listed` writes it."""

import re
import textwrap
from pathlib import Path

import scipy.special  # noqa: F401  (its rules are loaded when it is)

from s2sgrad import rules

PAGE = Path(__file__).parent.parent.parent / "docs" / "rules.md"
START, END = "which also writes it -->\n", "<!-- end of the list -->"
RECENT = {
    "np.cumulative_prod",
    "np.cumulative_sum",
    "np.matvec",
    "np.unstack",
    "np.vecmat",
}  # which an older NumPy does not have
FAMILIES = {
    "reductions": "Sums, means, extremes",
    "statistics": "Statistics",
    "shape": "Shapes, and what is made of arrays",
    "selections": "Selections, orders, joins",
    "calculus": "Differences, integrals, interpolation, convolution",
    "polynomials": "Polynomials",
    "linalg": "Products of matrices, norms",
    "decompositions": "Factorisations",
    "fft": "Fourier transforms",
    "special": "SciPy",
}


def listed() -> str:
    """The list as the page should have it: what each family's rules are of, by path."""
    lines = []
    for family, title in FAMILIES.items():
        own = [r for r in rules.all_rules() if r.scope is not None and Path(r.scope.file).stem == family]
        paths = sorted({r.path.path for r in own if r.path.path.startswith(("np.", "scipy."))}, key=str.lower)
        text = f"- {title}: " + ", ".join(f"`{path}`" for path in paths) + "."
        lines += textwrap.wrap(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def test_the_page_lists_what_has_a_rule():
    text = PAGE.read_text(encoding="utf-8")
    found = text[text.index(START) + len(START) : text.index(END)]
    wanted = listed()
    page, table = set(re.findall("`(.*?)`", found)), set(re.findall("`(.*?)`", wanted))
    assert page - table <= RECENT and table <= page, "python -m tests.rules.test_listed writes the list anew"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text[: text.index(START) + len(START)], text[text.index(END) :]
    PAGE.write_text(f"{head}\n{listed()}\n{tail}", encoding="utf-8")
