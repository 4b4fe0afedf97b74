"""The text of an OFD by ofdkit is the facts.  python ofd_text.py FILE.ofd"""

import sys

import ofdkit
from package import RUNS, Package, printed, stands


def main():
    expected = printed(*Package(sys.argv[1]).attachment())
    with ofdkit.open(sys.argv[1]) as document:
        assert len(document.pages) == 1, f"{len(document.pages)} pages"
        runs = {run.text for run in document.pages[0].runs}
    missing = [one for one in expected if not stands(one, runs, RUNS)]
    sys.exit("\n".join(f"not in the text: {one}" for one in missing) or 0)


main()
