"""Builds the font pack of certificate-face from Debian 13's fonts-noto-cjk (20240730) and fonts-hanazono.

Run by hand through `cargo xtask fonts`, never in CI: the pack is committed and pinned by hash (fonts.toml).
Needs Python with fontTools and cu2qu. Usage: build.py NOTO_REGULAR.ttc NOTO_BOLD.ttc HANAMINB.ttf OUTPUT_DIR

Noto Serif CJK SC has cubic (CFF) outlines. Widely used OFD readers draw CFF subsets wrongly or not at all, so the
outlines become quadratic TrueType outlines once, here, within one unit of a thousand.
"""

import hashlib
import pathlib
import sys
import zlib

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.roundingPen import RoundingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

NOTO = "Version 2.003"
MAX_ERROR = 1.0
FALLBACK_EM = 512  # half of Hanazono's grid: 0.012 mm in a name of 6 mm, below a printer's dot, and 15 % fewer bytes
EPOCH = 3_786_912_000  # head.created and head.modified: 2024-01-01, fixed so that a rebuild gives the same bytes
HERE = pathlib.Path(__file__).resolve().parent


def gb2312():
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    return found


def sections():
    out, name = {}, None
    for line in (HERE / "repertoire.txt").read_text("utf-8").splitlines():
        if line.startswith("# ") or not line.strip():
            continue
        if line.startswith("[") and "] " in line:
            name = line[1 : line.index("]")]
            out[name] = set()
            continue
        out[name] |= {ord(c) for c in line}
    return out


def level_three():
    """The ideographs and radicals of implementation level 3 (实现级别3) of GB 18030-2022: level-three.csv says which."""
    out = set()
    for line in (HERE / "level-three.csv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            first, last = line.split(",")[:2]
            out |= set(range(int(first, 16), int(last, 16) + 1))
    return out


def subset(source, characters, family, style, notice, em=None):
    """A TrueType font with one glyph for each character, in code point order, after .notdef.

    `em` sets the outlines on a coarser grid than the source's.
    """
    scale = em / source["head"].unitsPerEm if em else 1
    cmap = source.getBestCmap()
    missing = sorted(c for c in characters if c not in cmap)
    if missing:
        raise SystemExit("no glyph for " + " ".join(f"U+{c:04X}" for c in missing))
    points = sorted(characters)
    names = [".notdef"] + [f"u{c:05X}" for c in points]
    origin = {".notdef": ".notdef"} | {f"u{c:05X}": cmap[c] for c in points}
    drawn = source.getGlyphSet()
    glyphs, metrics = {}, {}
    for name in names:
        pen = TTGlyphPen(None)
        # Composite glyphs of a TrueType source are drawn flat; CFF has none.
        if "glyf" in source:
            record = DecomposingRecordingPen(drawn)
            drawn[origin[name]].draw(record)
            record.replay(TransformPen(RoundingPen(pen), (scale, 0, 0, scale, 0, 0)))
        else:
            drawn[origin[name]].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
        metrics[name] = round(drawn[origin[name]].width * scale)
    em = em or source["head"].unitsPerEm
    builder = FontBuilder(em, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({c: f"u{c:05X}" for c in points})
    complete = CmapSubtable.newSubtable(12)
    complete.platformID, complete.platEncID, complete.language = 3, 10, 0
    complete.cmap = {c: f"u{c:05X}" for c in points}
    builder.font["cmap"].tables = [complete]
    builder.setupGlyf(glyphs)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics({n: (metrics[n], table[n].xMin if table[n].numberOfContours else 0) for n in names})
    ascent, descent = round(em * 0.88), -round(em * 0.12)
    builder.setupHorizontalHeader(ascent=ascent, descent=descent)
    builder.setupNameTable(
        {
            "copyright": notice,
            "familyName": {"en": family, "zh": "建证宋体"},
            "styleName": style,
            "uniqueFontIdentifier": f"{family} {style}",
            "fullName": f"{family} {style}",
            "psName": f"{family.replace(' ', '')}-{style}",
            "version": "Version 1.0",
            "licenseDescription": "SIL Open Font License, Version 1.1",
            "licenseInfoURL": "https://openfontlicense.org",
        },
        mac=False,
    )
    builder.setupOS2(
        sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent,
        usWeightClass=700 if style == "Bold" else 400, fsSelection=0x20 if style == "Bold" else 0x40, fsType=0,
        sxHeight=round(em * 0.5), sCapHeight=round(em * 0.73), achVendID="JIAN",
    )
    builder.setupPost(keepGlyphNames=False, isFixedPitch=0)
    font = builder.font
    font["head"].created = font["head"].modified = EPOCH
    font["head"].macStyle = 1 if style == "Bold" else 0
    font.recalcTimestamp = False
    return font


def main(regular, bold, fallback, out):
    out = pathlib.Path(out)
    version = TTFont(regular, fontNumber=2)["name"].getDebugName(5)
    if not version.startswith(NOTO):
        raise SystemExit(f"{regular} is {version}, not {NOTO}: an older one lacks U+9FEB-9FEF of GB 18030-2022")
    parts = sections()
    song = gb2312() | {0x20, 0xA0}
    song |= set(range(0x4E00, 0xA000))  # what older registers of persons could write (GBK), and more
    for name in ("latin", "punctuation", "general-standard", "rare"):
        song |= parts[name]
    # Level 3 is drawn whole: by Noto where it has the character, by Hanazono where not.
    three = level_three()
    drawn = set(TTFont(regular, fontNumber=2).getBestCmap())
    song |= three & drawn
    rare = parts["fallback"] | (three - drawn)
    noto = "(c) 2017-2022 Adobe (http://www.adobe.com/). Converted from Noto Serif CJK SC; see NOTICE."
    hana = "Copyright GlyphWiki Project. A part of HanaMinB; see NOTICE."
    plan = [
        ("jianzheng-song", regular, 2, song, "Jianzheng Song", "Regular", noto, None),
        ("jianzheng-song-bold", bold, 2, parts["bold"] | set(range(0x20, 0x7F)), "Jianzheng Song", "Bold", noto, None),
        ("jianzheng-song-fallback", fallback, 0, rare, "Jianzheng Song Fallback", "Regular", hana, FALLBACK_EM),
    ]
    manifest = ["# Written by build.py. Checked against the files whenever the pack is loaded.\n"]
    for file, path, number, characters, family, style, notice, em in plan:
        source = TTFont(path, fontNumber=number)
        cmap = source.getBestCmap()
        if file == "jianzheng-song":
            absent = {c for c in characters if c not in cmap}
            print("left out:", " ".join(f"U+{c:04X}" for c in sorted(absent)) or "none")
            characters -= absent
        target = out / f"{file}.ttf"
        subset(source, characters, family, style, notice, em).save(target, reorderTables=False)
        plain = target.read_bytes()
        packed = zlib.compress(plain, 9)
        (out / f"{file}.ttf.z").write_bytes(packed)
        target.unlink()
        print(f"{file}: {len(characters)} characters, {len(plain)} bytes, packed {len(packed)}")
        manifest.append(
            f'\n[{file}]\nfile = "{file}.ttf.z"\nfamily = "{family}"\nstyle = "{style}"\nsource = "{pathlib.Path(path).name}"\n'
            f"characters = {len(characters)}\nlength = {len(plain)}\nsha256 = \"{hashlib.sha256(plain).hexdigest()}\"\n"
        )
    (out / "fonts.toml").write_text("".join(manifest), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
