"""The text of a PDF by pdftotext is the facts that its OFD carries.  python pdf_text.py FILE.ofd WORDS

WORDS is what `pdftotext -bbox` says: one word an element, so that a fact is compared with nothing around it.
"""

import html
import pathlib
import re
import sys

from package import Package, printed, stands


def main():
    expected = printed(*Package(sys.argv[1]).attachment())
    markup = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    words = [html.unescape(word) for word in re.findall(r"<word [^>]*>(.*?)</word>", markup)]
    assert words, "no text"
    missing = [one for one in expected if not stands(one, words)]
    sys.exit("\n".join(f"not in the text: {one}" for one in missing) or 0)


main()
