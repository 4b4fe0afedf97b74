"""Pages of an OFD with a riding seam.  python seams.py FILE.ofd TEXT_OF_PAGE...   (in an empty directory)

ofdkit reads each page's text, easyofd draws as many pages. As in draw.py, the path must not have a dot.
"""

import contextlib
import io
import os
import pathlib
import sys

import ofdkit
from draw import register_fonts
from easyofd.ofd import OFD
from loguru import logger
from package import Package

logger.remove()


def main():
    if "." in os.getcwd():
        sys.exit("easyofd would delete more than its own files here")
    path, texts = sys.argv[1], sys.argv[2:]
    with ofdkit.open(path) as document:
        found = ["".join(run.text for run in page.runs) for page in document.pages]
    assert found == texts, f"{found} instead of {texts}"
    register_fonts(Package(path))
    reader = OFD()
    with contextlib.redirect_stdout(io.StringIO()):
        reader.read(pathlib.Path(path).read_bytes(), fmt="binary")
        pages = reader.pdf2img(reader.to_pdf())
    assert len(pages) == len(texts), f"{len(pages)} pages drawn"


main()
