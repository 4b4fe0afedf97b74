"""The package of a sealed OFD, read with the standard library alone: what the other judges here start from."""

import hashlib
import json
import posixpath
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

OFD = "{http://www.ofdspec.org/2016}"
CERTIFICATE = "{urn:jianzheng:certificate:1}"
# A text object has one font: a name whose characters come from two by turns has as many runs as characters.
RUNS = 64


class Package:
    """Files of the package, and the one signature that it must have."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None, "the archive is damaged"
            names = archive.namelist()
            assert len(names) == len(set(names)), "an entry occurs twice"
            self.files = {"/" + name: archive.read(name) for name in names if not name.endswith("/")}
        body = self.xml("/OFD.xml").find(f"{OFD}DocBody")
        self.list = absolute("/", body.findtext(f"{OFD}Signatures"))
        entries = self.xml(self.list).findall(f"{OFD}Signature")
        assert len(entries) == 1, f"{len(entries)} signatures instead of one"
        self.signature = absolute(posixpath.dirname(self.list), entries[0].get("BaseLoc"))
        self.info = self.xml(self.signature).find(f"{OFD}SignedInfo")
        folder = posixpath.dirname(self.signature)
        self.value = absolute(folder, self.xml(self.signature).findtext(f"{OFD}SignedValue"))
        self.seal = absolute(folder, self.info.find(f"{OFD}Seal").findtext(f"{OFD}BaseLoc"))

    def xml(self, name):
        return ElementTree.fromstring(self.files[name])

    def attachment(self):
        """Metadata and facts record of certificate.xml."""
        [name] = [name for name in self.files if posixpath.basename(name) == "certificate.xml"]
        root = ElementTree.fromstring(self.files[name])
        items = root.find(f"{CERTIFICATE}metadata")
        metadata = {item.get("name"): item.text or "" for item in items}
        return metadata, json.loads(root.findtext(f"{CERTIFICATE}record"))


def sm3(content):
    if "sm3" in hashlib.algorithms_available:
        return hashlib.new("sm3", content).digest()
    return subprocess.run(["openssl", "dgst", "-sm3", "-binary"], input=content, capture_output=True, check=True).stdout


def absolute(folder, location):
    return location if location.startswith("/") else posixpath.join(folder, location)


def chinese(day):
    """2026-05-01 as the certificate prints it."""
    year, month, date = day.split("-")
    return f"{year}年{month}月{date}日"


def printed(metadata, record):
    """What must stand on the page, each string for itself, from the signed record."""
    holder = record["holder"]
    texts = [holder["name"], chinese(holder["birth_date"]), metadata["ZZBH"], record["employer"]["name"]]
    texts += [{"MALE": "男", "FEMALE": "女"}[holder["sex"]], record["issuer"]["name"], chinese(record["issued_on"]), record["licence_identifier"]]
    if record["layout"]["show_document_number"]:
        texts.append(metadata["CZZTDM"])
    names = [name for name in metadata["KZ_specSub"].split(";") if name]
    assert len(names) == len(record["specialties"]), "metadata and record tell of different specialties"
    texts += names
    for one in record["specialties"]:
        texts.append(validity(one["valid_from"], one["valid_to"], len(names) > 5))
    copy = record.get("use_copy")
    if copy:
        period = f"{chinese(metadata['JZJZZSJ'])}至{chinese(copy['use_until'])}"
        texts.append(f"使用有效期：{period}")
    return texts


def stands(text, pieces, most=4):
    """Whether a text is one of the pieces, or a few of them one behind the other: what is long is wrapped."""
    fewest = {0: 0}
    for at in range(len(text)):
        for one in pieces if at in fewest else ():
            if one and text.startswith(one, at):
                end = at + len(one)
                fewest[end] = min(fewest.get(end, most + 1), fewest[at] + 1)
    return fewest.get(len(text), most + 1) <= most


def validity(first, last, narrow):
    if narrow:
        return f"{first.replace('-', '.')}至{last.replace('-', '.')}"
    return f"{chinese(first)}至{chinese(last)}"
