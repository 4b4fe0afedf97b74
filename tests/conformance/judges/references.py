"""References of an OFD: every digest matches and nothing is left uncovered.  python references.py FILE.ofd"""

import base64
import sys

from package import OFD, Package, sm3

SM3 = "1.2.156.10197.1.401"


def main():
    package = Package(sys.argv[1])
    references = package.info.find(f"{OFD}References")
    faults = []
    if references.get("CheckMethod") != SM3:
        faults.append(f"digests by {references.get('CheckMethod')}")
    covered = set()
    for reference in references:
        name = reference.get("FileRef")
        covered.add(name)
        if name not in package.files:
            faults.append(f"{name} is referenced and absent")
        elif base64.b64decode(reference.findtext(f"{OFD}CheckValue")) != sm3(package.files[name]):
            faults.append(f"{name} has another digest")
    left = set(package.files) - covered - {package.signature, package.value}
    faults += [f"{name} is not covered" for name in sorted(left)]
    if len(covered) < 5:
        faults.append("hardly anything is referenced")
    sys.exit("\n".join(faults) or 0)


main()
