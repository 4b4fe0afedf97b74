"""easyofd draws an OFD.  python draw.py FILE.ofd PICTURE.png   (in an empty directory)

It unpacks beside itself into what comes before the first dot of the working directory's path, and deletes that
afterwards: so that path must not have a dot.
It writes every text in one font, 宋体, which it expects of the system. Here 宋体 is what the document's own embedded
fonts make together, so that what it draws comes from the file alone.
"""

import contextlib
import io
import os
import pathlib
import sys

import pymupdf
from easyofd.ofd import OFD
from fontTools.merge import Merger
from loguru import logger
from package import Package, printed, stands
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

logger.remove()


def register_fonts(package):
    fonts = [name for name in package.files if name.endswith(".ttf")]
    assert fonts, "no embedded font"
    paths = []
    for number, name in enumerate(fonts):
        paths.append(f"embedded-{number}.ttf")
        pathlib.Path(paths[-1]).write_bytes(package.files[name])
    Merger().merge(paths).save("merged.ttf")
    pdfmetrics.registerFont(TTFont("宋体", "merged.ttf"))


def said(text):
    """As the text of what reportlab draws is read: of a code point of five digits it writes the first four."""
    return "".join(chr(ord(one) >> 4) if ord(one) > 0xFFFF else one for one in text)


def main():
    if "." in os.getcwd():
        sys.exit("easyofd would delete more than its own files here")
    package = Package(sys.argv[1])
    register_fonts(package)
    reader = OFD()
    with contextlib.redirect_stdout(io.StringIO()):
        reader.read(pathlib.Path(sys.argv[1]).read_bytes(), fmt="binary")
        drawn = reader.to_pdf()
        pages = reader.pdf2img(drawn)
    assert len(pages) == 1, f"{len(pages)} pages"
    width, height = pages[0].size
    assert abs(height / width - 297 / 210) < 0.01, f"a page of {width} by {height}"
    lines = pymupdf.open(stream=drawn, filetype="pdf")[0].get_text().splitlines()
    expected = printed(*package.attachment())
    missing = [one for one in expected if not any(line.endswith(said(one)) for line in lines) and not stands(said(one), lines)]
    pages[0].save(sys.argv[2])
    sys.exit("\n".join(f"not drawn: {one}" for one in missing) or 0)


if __name__ == "__main__":
    main()
