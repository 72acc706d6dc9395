"""As much of SVG as our pictures need: boxes, lines, dots and words, in light and in dark."""

from typing import Literal
from xml.sax.saxutils import escape

Anchor = Literal["start", "middle", "end"]

# Every colour is named twice, so that the picture can be read on a light page and on a dark one.
_STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-size: 12px;
  fill: #243039; font-variant-numeric: tabular-nums }
.page { fill: #ffffff } .title { font-size: 19px; font-weight: 650 }
.head { font-size: 14px; font-weight: 650 } .soft { fill: #5c6873 } .small { font-size: 11px }
.track { stroke: #e3e7eb; stroke-width: 1 } .axis { stroke: #b4bdc6; stroke-width: 1 }
.range { fill: #cfe6d6 } .edge { stroke: #5f9c76; stroke-width: 1.5 }
.bar { fill: #7d9fd1 } .hit { fill: #1f4f9e }
.law { fill: none; stroke: #243039; stroke-width: 1.5 }
.miss { fill: #ffffff; stroke: #c2410c; stroke-width: 2.5 } .far { fill: #b23a09; font-weight: 650 }
.trace { fill: none; stroke: currentColor; stroke-width: 2 } .spot { fill: currentColor }
.hue-1 { color: #0b4fa8 } .hue-2 { color: #007a5c } .hue-3 { color: #c2410c }
.hue-4 { color: #8a5a00 } .hue-5 { color: #a3387f } .hue-6 { color: #6b7680 }
.hue-7 { color: #5b21b6 }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9ee } .page { fill: #13181d } .soft { fill: #9ba8b4 }
  .track { stroke: #2a333c } .axis { stroke: #4a5763 }
  .range { fill: #23412f } .edge { stroke: #5fae80 }
  .bar { fill: #48699c } .hit { fill: #8fbcff } .law { stroke: #e4e9ee }
  .miss { fill: #13181d; stroke: #ff9a57 } .far { fill: #ffab73 }
  .hue-1 { color: #8fbcff } .hue-2 { color: #4fd1a5 } .hue-3 { color: #ff9a57 }
  .hue-4 { color: #e0b34d } .hue-5 { color: #f09bd2 } .hue-6 { color: #9ba8b4 }
  .hue-7 { color: #c4a1ff }
}
"""


class Drawing:
    """A picture that grows mark by mark; what is drawn later lies above.

    >>> drawing = Drawing(10, 10, "Nothing")
    >>> drawing.words(1, 2, "a < b")
    >>> "a &lt; b" in drawing.as_text()
    True
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self._marks = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
        ]
        self.box(0, 0, width, height, "page")

    def box(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """Fill a rectangle."""
        size = f'width="{_px(width)}" height="{_px(height)}"'
        self._marks.append(f'<rect x="{_px(x)}" y="{_px(y)}" {size} class="{style}"/>')

    def line(self, x: float, y: float, to_x: float, to_y: float, style: str) -> None:
        """Draw from one point to another."""
        ends = f'x1="{_px(x)}" y1="{_px(y)}" x2="{_px(to_x)}" y2="{_px(to_y)}"'
        self._marks.append(f'<line {ends} class="{style}"/>')

    def path(self, points: list[tuple[float, float]], style: str) -> None:
        """Draw through points."""
        through = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
        self._marks.append(f'<polyline points="{through}" class="{style}"/>')

    def dot(self, x: float, y: float, style: str) -> None:
        """Set a dot."""
        self._marks.append(f'<circle cx="{_px(x)}" cy="{_px(y)}" r="4.5" class="{style}"/>')

    def words(
        self, x: float, y: float, text: str, style: str = "", anchor: Anchor = "start"
    ) -> None:
        """Write a line of text, its foot at *y*."""
        at = f'x="{_px(x)}" y="{_px(y)}" text-anchor="{anchor}" class="{style}"'
        self._marks.append(f"<text {at}>{escape(text)}</text>")

    def as_text(self) -> str:
        """Give the file."""
        return "\n".join([*self._marks, "</svg>", ""])


def _px(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")
