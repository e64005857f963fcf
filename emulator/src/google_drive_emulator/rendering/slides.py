"""The parts of a presentation (.pptx): lines in, the XML of slides and of what every slide rests on out."""

from collections.abc import Iterable

from google_drive_emulator.rendering.markup import xml_text

_SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_FIRST_ID = 256
_TREE = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shapes}'
_TEXT_BOX = (
    '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Text"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
    '<a:off x="457200" y="457200"/><a:ext cx="8229600" cy="4229100"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
    "</a:prstGeom></p:spPr><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"
)
_COLORS = ("dk1", "lt1", "dk2", "lt2", *(f"accent{number}" for number in range(1, 7)), "hlink", "folHlink")
_ROLES = ("bg1", "tx1", "bg2", "tx2", *(f"accent{number}" for number in range(1, 7)), "hlink", "folHlink")
_MEANT = ("lt1", "dk1", "lt2", "dk2", *(f"accent{number}" for number in range(1, 7)), "hlink", "folHlink")


def presentation(slides: int) -> str:
    """Return the part that names the slides: rId1 is their master, the slides follow."""
    ids = "".join(f'<p:sldId id="{_FIRST_ID + number}" r:id="rId{number + 2}"/>' for number in range(slides))
    master = '<p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
    sizes = '<p:sldSz cx="9144000" cy="5143500"/><p:notesSz cx="6858000" cy="9144000"/>'
    return f"<p:presentation {_SPACES}>{master}<p:sldIdLst>{ids}</p:sldIdLst>{sizes}</p:presentation>"


def slide(lines: Iterable[str]) -> str:
    """Return a slide with a paragraph for each line."""
    paragraphs = "".join(f"<a:p><a:r><a:t>{xml_text(line)}</a:t></a:r></a:p>" for line in lines)
    return _sheet("sld", _TEXT_BOX.format(paragraphs=paragraphs or "<a:p/>"))


def _sheet(name: str, shapes: str = "", rest: str = "") -> str:
    tree = f"<p:cSld><p:spTree>{_TREE.format(shapes=shapes)}</p:spTree></p:cSld>"
    return f"<p:{name} {_SPACES}>{tree}{rest}</p:{name}>"


def _color(name: str) -> str:
    return f'<a:{name}><a:srgbClr val="{"FFFFFF" if name.startswith("lt") else "000000"}"/></a:{name}>'


def _font(name: str) -> str:
    faces = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    return f"<a:{name}Font>{faces}</a:{name}Font>"


def _styles(name: str, style: str) -> str:
    """A theme must have three styles of everything."""
    return f"<a:{name}>{style * 3}</a:{name}>"


_FILL = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
_MAP = " ".join(f'{role}="{meant}"' for role, meant in zip(_ROLES, _MEANT, strict=True))

MASTER = _sheet(
    "sldMaster",
    rest=f'<p:clrMap {_MAP}/><p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst>',
)
LAYOUT = _sheet("sldLayout", rest="<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>")
THEME = (
    f'<a:theme {_SPACES} name="Plain"><a:themeElements>'
    f'<a:clrScheme name="Plain">{"".join(map(_color, _COLORS))}</a:clrScheme>'
    f'<a:fontScheme name="Plain">{_font("major")}{_font("minor")}</a:fontScheme>'
    f'<a:fmtScheme name="Plain">{_styles("fillStyleLst", _FILL)}{_styles("lnStyleLst", f"<a:ln>{_FILL}</a:ln>")}'
    f"{_styles('effectStyleLst', '<a:effectStyle><a:effectLst/></a:effectStyle>')}{_styles('bgFillStyleLst', _FILL)}"
    "</a:fmtScheme></a:themeElements></a:theme>"
)
