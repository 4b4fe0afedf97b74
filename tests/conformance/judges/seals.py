"""Takes a signed seal (GB/T 38540 v4) apart.  python seals.py FILE.ofd FOLDER

A DER walker of its own and no knowledge of the writers: leaves what the two signatures cover, their values and the
certificates in FOLDER, for OpenSSL to judge, and fails where the parts do not belong together.
"""

import pathlib
import sys

from package import Package, sm3

SM2_WITH_SM3 = bytes.fromhex("06082a811ccf55018375")


def element(der, at=0):
    """Tag, start of the content, end."""
    tag, length, at = der[at], der[at + 1], at + 2
    assert tag & 0x1F != 0x1F, "a long tag"
    if length & 0x80:
        count = length & 0x7F
        assert 0 < count < 5, "an indefinite or huge length"
        length, at = int.from_bytes(der[at : at + count], "big"), at + count
    assert at + length <= len(der), "an element beyond the end"
    return tag, at, at + length


def whole(der, tag):
    found, start, end = element(der)
    assert found == tag and end == len(der), f"tag {found:#x} instead of {tag:#x}, or bytes after it"
    return der[start:end]


def members(der):
    """The elements in a SEQUENCE, as they stand."""
    content, at, found = whole(der, 0x30), 0, []
    while at < len(content):
        _, _, end = element(content, at)
        found.append(content[at:end])
        at = end
    return found


def bits(der):
    content = whole(der, 0x03)
    assert content[:1] == b"\0", "unused bits"
    return content[1:]


def main():
    package, folder = Package(sys.argv[1]), pathlib.Path(sys.argv[2])
    to_sign, signer, algorithm, signature = members(package.files[package.value])[:4]
    version, seal, time, data_hash, property_info = members(to_sign)[:5]
    seal_info, maker, seal_algorithm, seal_signature = members(seal)[:4]
    header, _, properties, picture = members(seal_info)[:4]
    assert algorithm == seal_algorithm == SM2_WITH_SM3, "not SM2 with SM3"
    assert version == members(header)[1] == b"\x02\x01\x04", "not version 4"
    assert whole(time, 0x18).endswith(b"Z"), "a time without zone"
    assert bits(data_hash) == sm3(package.files[package.signature]), "dataHash is not the digest of Signature.xml"
    assert whole(property_info, 0x16).decode() == package.signature, "propertyInfo names another file"
    assert package.files[package.seal] == seal, "Seal.esl is not the seal that was signed"
    listed = [whole(one, 0x04) for one in members(members(properties)[3])]
    assert whole(signer, 0x04) in listed, "the seal does not list the signer"
    assert whole(members(picture)[1], 0x04).startswith(b"\x89PNG"), "no picture in the seal"
    for name, content in {
        "document.tbs": to_sign,
        "document.signature": bits(signature),
        "document.der": whole(signer, 0x04),
        "seal.tbs": seal_info,
        "seal.signature": bits(seal_signature),
        "seal.der": whole(maker, 0x04),
    }.items():
        (folder / name).write_bytes(content)


main()
