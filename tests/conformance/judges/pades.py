"""pyHanko validates a PDF and its time stamp.  python pades.py FILE.pdf ROOT.pem [--stamped]"""

import sys

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


def certificates(path):
    with open(path, "rb") as file:
        return [x509.Certificate.load(der) for _, _, der in pem.unarmor(file.read(), multiple=True)]


def main():
    root, *others = certificates(sys.argv[2])
    context = ValidationContext(trust_roots=[root], other_certs=others, allow_fetching=False)
    with open(sys.argv[1], "rb") as file:
        signatures = PdfFileReader(file).embedded_signatures
        assert len(signatures) == 1, f"{len(signatures)} signatures"
        status = validate_pdf_signature(signatures[0], context)
        faults = [name for name in ("intact", "valid", "trusted", "bottom_line") if not getattr(status, name)]
        if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
            faults.append(f"coverage {status.coverage.name}")
        stamp = status.timestamp_validity
        if stamp is None:
            if "--stamped" in sys.argv:
                faults.append("no time stamp")
        elif not (stamp.intact and stamp.valid and stamp.trusted):
            faults.append("the time stamp does not hold")
        if signatures[0].sig_object["/SubFilter"] != "/ETSI.CAdES.detached":
            faults.append("another sub-filter")
    sys.exit(", ".join(faults) or 0)


main()
