"""The statement as one HTML file: no script, nothing fetched, prints on A4."""

from __future__ import annotations

from html import escape

from ecp.slo.printed.lines import Line, line_of
from ecp.slo.printed.sections import Chart, Document, Pairs, Table

_STYLE = """
@page { size: A4; margin: 15mm }
body { font: 13px/1.5 "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic",
  NanumGothic, sans-serif; color: #1a1f27; max-width: 960px; margin: 24px auto; padding: 0 16px;
  word-break: keep-all; overflow-wrap: anywhere }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 24px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 15px; margin: 24px 0 6px }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #c9d0da; padding: 4px 7px; text-align: left; vertical-align: top }
th { background: #eef1f5; font-weight: 600; overflow-wrap: normal; hyphens: auto }
.approval { width: auto } .approval th { text-align: center; padding: 2px 0 }
.approval td { height: 52px; width: 72px }
.banner { background: #fff4d6; border: 1px solid #d9a400; padding: 6px 10px; margin: 14px 0 0 }
.note, .sub, footer { color: #55606e; font-size: 12px } .pairs th { width: 19% }
footer { margin-top: 28px; border-top: 1px solid #c9d0da; overflow-wrap: anywhere }
svg { width: 100%; height: auto } tr, svg { break-inside: avoid }
"""


def html_of(page: Document) -> bytes:
    """The page as UTF-8."""
    boxes = "".join(f"<th>{escape(head)}</th>" for head in page.approvals)
    empty = "<td></td>" * len(page.approvals)
    parts = "".join(
        f"<section><h2>{escape(part.title)}</h2>{_part(part)}</section>\n" for part in page.parts
    )
    return (
        f'<!doctype html>\n<html lang="{page.language}">\n<head><meta charset="utf-8">'
        f"<title>{escape(page.title)} – {escape(page.subtitle)}</title>"
        f"<style>{_STYLE}</style></head>\n<body>\n"
        f'<header><div><h1>{escape(page.title)}</h1><p class="sub">{escape(page.subtitle)}</p>'
        f'</div><table class="approval"><tr>{boxes}</tr><tr>{empty}</tr></table></header>\n'
        f'<p class="banner">{escape(page.banner)}</p>\n{parts}'
        f"<footer><p>{escape(page.footer)}</p></footer>\n</body>\n</html>\n"
    ).encode()


def _part(part: Pairs | Table | Chart) -> str:
    if isinstance(part, Pairs):
        return _pairs(part)
    return _table(part) if isinstance(part, Table) else _chart(part)


def _pairs(part: Pairs) -> str:
    rows = []
    for index in range(0, len(part.rows), 2):
        cells = "".join(
            f"<th>{escape(label)}</th><td>{escape(value)}</td>"
            for label, value in part.rows[index : index + 2]
        )
        rows.append(f"<tr>{cells}</tr>")
    return f'<table class="pairs">{"".join(rows)}</table>'


def _table(part: Table) -> str:
    note = f'<p class="note">{escape(part.note)}</p>' if part.note else ""
    if not part.rows:
        return f"<p>{escape(part.empty)}</p>{note}"
    heads = "".join(
        f'<th style="width:{share}%">{escape(head)}</th>'
        for head, share in zip(part.heads, part.shares, strict=True)
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in part.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"


def _chart(part: Chart) -> str:
    line = line_of(part, 900, 220)
    return (
        f'<svg viewBox="0 0 900 220" role="img" aria-label="{escape(part.title)}" '
        'font-size="12" fill="#55606e">'
        f'{_ticks(line)}<polyline fill="none" stroke="#1c5fb8" stroke-width="2" points="'
        + " ".join(f"{x},{y}" for x, y in line.points)
        + f'"/></svg><p class="note">{escape(part.note)}</p>'
    )


def _ticks(line: Line) -> str:
    found = [
        f'<line x1="{line.left}" x2="{line.right}" y1="{y}" y2="{y}" '
        f'stroke="{"#b3261e" if zero else "#dfe4ea"}"/>'
        f'<text x="{line.left - 6}" y="{y + 4}" text-anchor="end">{escape(label)}</text>'
        for y, label, zero in line.ticks
    ]
    found += [
        f'<text x="{x}" y="{line.bottom + 18}" text-anchor="{anchor}">{escape(label)}</text>'
        for x, label, anchor in line.ends
    ]
    return "".join(found)
