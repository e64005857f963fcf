"""Office files (.docx, .xlsx, .pptx): lines or cells in, the smallest archives out that office programs open.

Nothing is compressed, so that a large document makes a large file.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence

from google_drive_emulator.rendering.markup import xml_text
from google_drive_emulator.rendering.slides import LAYOUT, MASTER, THEME, presentation, slide

_DATE = (2020, 1, 1, 0, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CELLS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument."
_LINES_A_SLIDE = 12


def archive(parts: Mapping[str, str]) -> bytes:
    """Return a zip of texts by their names, the same for the same texts."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, text in parts.items():
            target.writestr(zipfile.ZipInfo(name, _DATE), text.encode())
    return written.getvalue()


def docx(lines: Sequence[str]) -> bytes:
    """Return a text document with a paragraph for each line."""
    run = '<w:p><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:p>'
    body = "".join(run.format(xml_text(line)) for line in lines)
    document = f'<w:document xmlns:w="{_WORDS}"><w:body>{body}</w:body></w:document>'
    main = "word/document.xml"
    return _package(main, {main: document}, {main: "wordprocessingml.document.main+xml"}, {})


def xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook with one sheet."""
    cell = '<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>'
    lines = ("".join(cell.format(xml_text(value)) for value in row) for row in rows)
    data = "".join(f'<row r="{number}">{line}</row>' for number, line in enumerate(lines, 1))
    sheets = '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
    main, sheet = "xl/workbook.xml", "xl/worksheets/sheet1.xml"
    parts = {
        main: f'<workbook xmlns="{_CELLS}" xmlns:r="{_DOCUMENT}">{sheets}</workbook>',
        sheet: f'<worksheet xmlns="{_CELLS}"><sheetData>{data}</sheetData></worksheet>',
    }
    kinds = {main: "spreadsheetml.sheet.main+xml", sheet: "spreadsheetml.worksheet+xml"}
    return _package(main, parts, kinds, {main: [("worksheet", "worksheets/sheet1.xml")]})


def pptx(lines: Sequence[str]) -> bytes:
    """Return a presentation with twelve lines on each slide."""
    starts = range(0, max(1, len(lines)), _LINES_A_SLIDE)
    names = [f"slides/slide{number}.xml" for number in range(1, len(starts) + 1)]
    main = "ppt/presentation.xml"
    master, layout = "slideMasters/slideMaster1.xml", "slideLayouts/slideLayout1.xml"
    parts = {
        main: presentation(len(names)),
        f"ppt/{master}": MASTER,
        f"ppt/{layout}": LAYOUT,
        "ppt/theme/theme1.xml": THEME,
    }
    kinds = {
        main: "presentationml.presentation.main+xml",
        f"ppt/{master}": "presentationml.slideMaster+xml",
        f"ppt/{layout}": "presentationml.slideLayout+xml",
        "ppt/theme/theme1.xml": "theme+xml",
    }
    links = {
        main: [("slideMaster", master), *(("slide", name) for name in names)],
        f"ppt/{master}": [("slideLayout", f"../{layout}"), ("theme", "../theme/theme1.xml")],
        f"ppt/{layout}": [("slideMaster", f"../{master}")],
    }
    for name, start in zip(names, starts, strict=True):
        parts[f"ppt/{name}"] = slide(lines[start : start + _LINES_A_SLIDE])
        kinds[f"ppt/{name}"] = "presentationml.slide+xml"
        links[f"ppt/{name}"] = [("slideLayout", f"../{layout}")]
    return _package(main, parts, kinds, links)


def _package(
    main: str,
    parts: Mapping[str, str],
    kinds: Mapping[str, str],
    links: Mapping[str, Sequence[tuple[str, str]]],
) -> bytes:
    """Return an archive of parts, with what each of them is, and which others each of them needs, rId1 first."""
    named = "".join(f'<Override PartName="/{name}" ContentType="{_TYPE}{kind}"/>' for name, kind in kinds.items())
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    written = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">{defaults}{named}</Types>',
        "_rels/.rels": _relationships([("officeDocument", main)]),
    }
    for name, part in parts.items():
        written[name] = _XML + part
        if name in links:
            folder, _, file = name.rpartition("/")
            written[f"{folder}/_rels/{file}.rels"] = _relationships(links[name])
    return archive(written)


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    named = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{named}</Relationships>'
