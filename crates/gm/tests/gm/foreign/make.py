"""Makes the files of this folder with the programs of others: cryptography (OpenSSL), asn1crypto and pyHanko.

    python3 -m venv venv && venv/bin/pip install pyhanko && venv/bin/python make.py

Keys are made anew and thrown away; the tests need the results only.
"""

import asyncio
import datetime
import hashlib
from pathlib import Path

from asn1crypto import algos, cms, core, tsp, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose, NameOID

HERE = Path(__file__).parent
MESSAGE = b"a message"
DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 1, 1)
END = datetime.datetime(2036, 1, 1)
SIGNED = datetime.datetime(2026, 6, 1)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
serials = iter(range(1, 1000))


def name(text):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Elsewhere"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def certify(text, key, issuer=None, purposes=(), authority=False, hash_name="sha256", pss=False, critical=False):
    """A certificate for the public half of `key`, by `issuer` (certificate, key) or by itself."""
    public = key.public_key() if hasattr(key, "public_key") else key
    by, by_key = (issuer[0].subject, issuer[1]) if issuer else (name(text), key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(text))
        .issuer_name(by)
        .serial_number(next(serials))
        .not_valid_before(START)
        .not_valid_after(END)
        .public_key(public)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=critical)
    options = {}
    if pss:
        hash_ = HASHES[hash_name]
        options["rsa_padding"] = padding.PSS(padding.MGF1(hash_), hash_.digest_size)
    return builder.sign(by_key, HASHES[hash_name], **options)


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def pss_parameters(hash_name, salt):
    return algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": hash_name},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": hash_name}},
            "salt_length": salt,
        }
    )


def signed_data(certificate, hash_name, algorithm, sign, others=(), more=()):
    """A detached CAdES signature over MESSAGE; `sign` gets the signed attributes."""
    parsed = asn1_x509.Certificate.load(der(certificate))
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der(certificate)).digest()}]})
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.new(hash_name, MESSAGE).digest()]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [named]}),
            *more,
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": parsed.issuer, "serial_number": parsed.serial_number},
            ),
            "digest_algorithm": {"algorithm": hash_name},
            "signed_attrs": attributes,
            "signature_algorithm": algorithm,
            "signature": b"",
        }
    )
    signer["signature"] = sign(attributes.untag().dump())
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": hash_name}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [asn1_x509.Certificate.load(der(one)) for one in (certificate, *others)],
            "signer_infos": [signer],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()


def put(name_, content):
    (HERE / name_).write_bytes(content)


def pkcs1(key, hash_name):
    return lambda message: key.sign(message, padding.PKCS1v15(), HASHES[hash_name])


def pss(key, hash_name, salt):
    return lambda message: key.sign(
        message, padding.PSS(padding.MGF1(HASHES[hash_name]), salt), HASHES[hash_name]
    )


def encoded(message, length, trailing=b""):
    """EMSA-PKCS1-v1_5 over SHA-256; with `trailing` the padding is short and rubbish follows the digest."""
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    fill = length - 3 - len(info) - len(trailing)
    return b"\0\1" + b"\xff" * fill + b"\0" + info + trailing


def signatures(root, root_key):
    issuer = (root, root_key)
    key = rsa.generate_private_key(65537, 2048)
    leaf = certify("RSA", key, issuer)
    for hash_name in HASHES:
        algorithm = {"algorithm": f"{hash_name}_rsa"}
        put(f"rsa-2048-{hash_name}.cms", signed_data(leaf, hash_name, algorithm, pkcs1(key, hash_name)))
    put("rsa-encryption.cms", signed_data(leaf, "sha256", {"algorithm": "rsassa_pkcs1v15"}, pkcs1(key, "sha256")))
    for hash_name, salt in [("sha256", 32), ("sha384", 48), ("sha512", 64), ("sha256", 222), ("sha256", 0)]:
        algorithm = {"algorithm": "rsassa_pss", "parameters": pss_parameters(hash_name, salt)}
        put(f"rsa-pss-{hash_name}-{salt}.cms", signed_data(leaf, hash_name, algorithm, pss(key, hash_name, salt)))
    large = rsa.generate_private_key(65537, 4096)
    put(
        "rsa-4096-sha512.cms",
        signed_data(certify("RSA 4096", large, issuer, hash_name="sha512", pss=True), "sha512", {"algorithm": "sha512_rsa"}, pkcs1(large, "sha512")),
    )
    curves = [("p256", ec.SECP256R1()), ("p384", ec.SECP384R1()), ("p521", ec.SECP521R1())]
    for curve_name, curve in curves:
        key_ = ec.generate_private_key(curve)
        leaf_ = certify(curve_name, key_, issuer, hash_name="sha384")
        for hash_name, hash_ in HASHES.items():
            sign = lambda message: key_.sign(message, ec.ECDSA(hash_))
            put(f"{curve_name}-{hash_name}.cms", signed_data(leaf_, hash_name, {"algorithm": f"{hash_name}_ecdsa"}, sign))

    # What must not verify.
    numbers = key.private_numbers()
    raw = lambda block: pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    algorithm = {"algorithm": "sha256_rsa"}
    put("bad-rubbish-after-the-digest.cms", signed_data(leaf, "sha256", algorithm, lambda m: raw(encoded(m, 256, b"\x07" * 180))))
    put("bad-pss-as-pkcs1.cms", signed_data(leaf, "sha256", algorithm, pss(key, "sha256", 32)))
    stated = {"algorithm": "rsassa_pss", "parameters": pss_parameters("sha256", 32)}
    put("bad-pss-other-salt.cms", signed_data(leaf, "sha256", stated, pss(key, "sha256", 20)))
    put("bad-pss-is-pkcs1.cms", signed_data(leaf, "sha256", stated, pkcs1(key, "sha256")))
    put("weak-sha1.cms", signed_data(leaf, "sha1", {"algorithm": "sha1_rsa"}, lambda m: key.sign(m, padding.PKCS1v15(), hashes.SHA1())))
    defaults = algos.SignedDigestAlgorithm.load(bytes.fromhex("300d06092a864886f70d01010a3000"))
    put("weak-pss-defaults.cms", signed_data(leaf, "sha256", defaults, pss(key, "sha256", 20)))
    put("differing-digests.cms", signed_data(leaf, "sha384", {"algorithm": "sha256_rsa"}, pkcs1(key, "sha256")))

    # Keys with which anybody signs, or nobody should verify; made by substitution, since no library makes them.
    modulus = numbers.public_numbers.n
    odd = substituted(leaf, root_key, 1, modulus)
    put("forged-exponent-1.cms", signed_data(odd, "sha256", algorithm, lambda m: encoded(m, 256)))
    three = substituted(leaf, root_key, 3, modulus)
    put("forged-exponent-3.cms", signed_data(three, "sha256", algorithm, lambda m: encoded(m, 256)))
    giant = substituted(leaf, root_key, 65537, (1 << 16383) | 1)
    put("giant.cms", signed_data(giant, "sha256", algorithm, lambda m: b"\1" * 2048))
    small = rsa.generate_private_key(65537, 1024)
    put("small.cms", signed_data(certify("small", small, issuer), "sha256", algorithm, pkcs1(small, "sha256")))
    point = ec.generate_private_key(ec.SECP256R1())
    described = explicit(certify("explicit", point, issuer), root_key)
    put("explicit-curve.cms", signed_data(described, "sha256", {"algorithm": "sha256_ecdsa"}, lambda m: point.sign(m, ec.ECDSA(hashes.SHA256()))))


class Raw:
    """A certificate by its bytes."""

    def __init__(self, content):
        self.content = content

    def public_bytes(self, _):
        return self.content


def resigned(certificate, root_key, spki):
    parsed = asn1_x509.Certificate.load(der(certificate))
    tbs = parsed["tbs_certificate"]
    tbs["subject_public_key_info"] = spki
    content = tbs.dump(force=True)
    parsed["tbs_certificate"] = asn1_x509.TbsCertificate.load(content)
    parsed["signature_value"] = root_key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    return Raw(parsed.dump(force=True))


def substituted(certificate, root_key, exponent, modulus):
    from asn1crypto.keys import PublicKeyInfo, RSAPublicKey

    public = RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    return resigned(certificate, root_key, PublicKeyInfo.wrap(public, "rsa"))


def explicit(certificate, root_key):
    """The curve P-256 by its parameters: the point is the same."""
    from asn1crypto.keys import PublicKeyInfo

    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    g = bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    length = lambda n: bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    tlv = lambda tag, content: bytes([tag]) + length(len(content)) + content
    seq = lambda *parts: tlv(0x30, b"".join(parts))
    integer = lambda n: core.Integer(n).dump()
    octets = lambda content: tlv(4, content)
    parameters = seq(
        integer(1),
        seq(bytes.fromhex("06072a8648ce3d0101"), integer(p)),
        seq(octets((p - 3).to_bytes(32, "big")), octets(b.to_bytes(32, "big"))),
        octets(g),
        integer(order),
        integer(1),
    )
    parsed = asn1_x509.Certificate.load(der(certificate))
    bits = parsed.public_key["public_key"].dump()
    spki = seq(seq(bytes.fromhex("06072a8648ce3d0201"), parameters), bits)
    return resigned(certificate, root_key, PublicKeyInfo.load(spki))


def responses(root, root_key):
    issuer = (root, root_key)
    key = ec.generate_private_key(ec.SECP384R1())
    leaf = certify("asked for", key, issuer)
    put("asked.der", der(leaf))
    key_ = rsa.generate_private_key(65537, 2048)
    responder = certify("responder", key_, issuer, [Purpose.OCSP_SIGNING])
    other = certify("not for this", key_, issuer, [Purpose.EMAIL_PROTECTION])
    stranger_key = rsa.generate_private_key(65537, 2048)
    stranger_root = certify("Root", stranger_key, authority=True)
    stranger = certify("responder", stranger_key, (stranger_root, stranger_key), [Purpose.OCSP_SIGNING])

    def respond(name_, by, by_key, status=ocsp.OCSPCertStatus.GOOD, at=None, reason=None, this=SIGNED, following=7, of=leaf, encoding=ocsp.OCSPResponderEncoding.HASH, algorithm=hashes.SHA1()):
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=of,
            issuer=root,
            algorithm=algorithm,
            cert_status=status,
            this_update=this,
            next_update=this + following * DAY,
            revocation_time=at,
            revocation_reason=reason,
        )
        builder = builder.responder_id(encoding, by).certificates([by])
        put(name_, builder.sign(by_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))

    respond("good-by-issuer.ocsp", root, root_key, encoding=ocsp.OCSPResponderEncoding.NAME)
    respond("good.ocsp", responder, key_, algorithm=hashes.SHA256())
    respond("unknown.ocsp", responder, key_, status=ocsp.OCSPCertStatus.UNKNOWN)
    respond("stale.ocsp", responder, key_, this=SIGNED - 30 * DAY)
    revoked = ocsp.OCSPCertStatus.REVOKED
    before = datetime.datetime(2026, 5, 1)
    respond("revoked.ocsp", responder, key_, status=revoked, at=before, reason=x509.ReasonFlags.superseded)
    compromise = x509.ReasonFlags.key_compromise
    respond("compromised.ocsp", responder, key_, status=revoked, at=before, reason=compromise)
    respond("other-purpose.ocsp", other, key_)
    respond("stranger.ocsp", stranger, stranger_key)
    respond("other-certificate.ocsp", responder, key_, of=responder)
    put("refused.ocsp", bytes.fromhex("30030a0106"))


    # As Adobe's programs put it beside the signature: SEQUENCE { [1] { SEQUENCE OF OCSPResponse } }.
    length = lambda n: bytes([0x82, n >> 8, n & 255])
    wrap = lambda tag, content: bytes([tag]) + length(len(content)) + content
    good = (HERE / "good.ocsp").read_bytes()
    archive = core.Sequence.load(wrap(0x30, wrap(0xA1, wrap(0x30, good))))
    attribute = cms.CMSAttribute({"type": "1.2.840.113583.1.1.8", "values": [archive]})
    sign = lambda message: key.sign(message, ec.ECDSA(hashes.SHA384()))
    put("adobe-archive.cms", signed_data(leaf, "sha384", {"algorithm": "sha384_ecdsa"}, sign, more=[attribute]))


def lists(root, root_key):
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.subject)
    builder = builder.last_update(SIGNED - 2 * DAY).next_update(SIGNED + 5 * DAY)
    put("rsa.crl", builder.sign(root_key, hashes.SHA512()).public_bytes(serialization.Encoding.DER))


def time_stamp(root, root_key):
    from pyhanko.sign.timestamps import DummyTimeStamper
    from asn1crypto.keys import PrivateKeyInfo

    key = rsa.generate_private_key(65537, 3072)
    leaf = certify("TSA", key, (root, root_key), [Purpose.TIME_STAMPING], critical=True)
    private = PrivateKeyInfo.load(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(der(leaf)), private, fixed_dt=SIGNED.replace(tzinfo=datetime.timezone.utc)
    )
    token = asyncio.run(stamper.async_timestamp(hashlib.sha512(MESSAGE).digest(), "sha512"))
    put("rsa.tst", token.dump())
    return stamper


def pdf(folder, root, root_key, stamper, stamping_root):
    """A PDF of pyHanko with RSA throughout: PSS, a time stamp of a root of its own, an OCSP response in the DSS."""
    import io

    from asn1crypto.keys import PrivateKeyInfo
    from pyhanko.pdf_utils import generic, writer
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = rsa.generate_private_key(65537, 2048)
    leaf = certify("Signer", key, (root, root_key), [Purpose.EMAIL_PROTECTION])
    responder_key = rsa.generate_private_key(65537, 2048)
    responder = certify("responder", responder_key, (root, root_key), [Purpose.OCSP_SIGNING])
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(leaf, root, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, SIGNED, SIGNED + 7 * DAY, None, None)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
        .certificates([responder])
        .sign(responder_key, hashes.SHA256())
    )
    store = SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(der(root)))
    private = PrivateKeyInfo.load(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(der(leaf)), private, store, prefer_pss=True
    )
    blank = writer.PdfFileWriter(stream_xrefs=False)
    page = writer.PageObject(
        contents=blank.add_object(generic.StreamObject(stream_data=b"")), media_box=(0, 0, 200, 200)
    )
    blank.insert_page(page)
    plain = io.BytesIO()
    blank.write(plain)
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(plain),
        signers.PdfSignatureMetadata(
            field_name="Signature1",
            md_algorithm="sha384",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        ),
        signer=signer,
        timestamper=stamper,
    )
    out.seek(0)
    again = IncrementalPdfFileWriter(out)
    stream = lambda content: again.add_object(generic.StreamObject(stream_data=content))
    store = generic.DictionaryObject({generic.pdf_name("/Type"): generic.pdf_name("/DSS")})
    store["/Certs"] = generic.ArrayObject([stream(der(root))])
    store["/OCSPs"] = generic.ArrayObject([stream(answer.public_bytes(serialization.Encoding.DER))])
    again.root["/DSS"] = again.add_object(store)
    again.update_root()
    again.write_in_place()
    (folder / "pyhanko-rsa.pdf").write_bytes(out.getvalue())
    pem = lambda one: one.public_bytes(serialization.Encoding.PEM)
    (folder / "pyhanko-rsa-root.pem").write_bytes(pem(root))
    (folder / "pyhanko-rsa-tsa-root.pem").write_bytes(pem(stamping_root))


def main():
    root_key = rsa.generate_private_key(65537, 3072)
    root = certify("Root", root_key, authority=True)
    put("root.der", der(root))
    signatures(root, root_key)
    responses(root, root_key)
    lists(root, root_key)
    stamping_key = rsa.generate_private_key(65537, 2048)
    stamping_root = certify("Time stamps", stamping_key, authority=True, hash_name="sha384")
    put("stamping-root.der", der(stamping_root))
    stamper = time_stamp(stamping_root, stamping_key)
    suite = HERE / "../../../../document-verification/tests/suite"
    pdf(suite, root, root_key, stamper, stamping_root)


if __name__ == "__main__":
    main()
