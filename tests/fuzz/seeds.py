"""Makes the base parts and the seed corpus anew from sealed samples:

    cargo run -p conformance --example sample -- SAMPLES
    python3 tests/fuzz/seeds.py SAMPLES THIRD_PARTY

SAMPLES holds our own documents (specimens of nobody), THIRD_PARTY the ofdrw test resources (Apache-2.0, no personal data).
What the fuzzer finds later is added by hand; nothing here removes it.
"""
import base64, io, os, pathlib, re, struct, subprocess, sys, zipfile, zlib

here = pathlib.Path(__file__).parent
ours, theirs = map(pathlib.Path, sys.argv[1:3])
package = zipfile.ZipFile(ours / "certificate.ofd")
read = lambda name: package.read(name)
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
NS = b'xmlns:ofd="http://www.ofdspec.org/2016"'


def base(name, content):
    (here / "base").mkdir(exist_ok=True)
    (here / "base" / name).write_bytes(content)


def seed(target, name, content):
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


# A sound package in small: fewer objects, every kind of object.
page = read("Doc_0/Pages/Page_0/Content.xml")
objects = re.findall(rb"<ofd:(TextObject|PathObject|ImageObject) .*?</ofd:\1>|<ofd:ImageObject [^>]*/>", page, re.S)
texts = re.findall(rb"<ofd:TextObject .*?</ofd:TextObject>", page, re.S)
paths = sorted(re.findall(rb"<ofd:PathObject .*?</ofd:PathObject>", page, re.S), key=len)
images = re.findall(rb"<ofd:ImageObject .*?(?:/>|</ofd:ImageObject>)", page, re.S)
extra = (
    b'<ofd:PathObject ID="200" Boundary="10 10 80 80" CTM="1 0.2 -0.2 1 5 5" Fill="true" Alpha="128" LineWidth="0.5" DashPattern="2 1" DashOffset="1" Join="Round" Cap="Square">'
    b'<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary="0 0 40 40" Fill="true"><ofd:AbbreviatedData>M 0 0 L 40 0 L 40 40 C</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>'
    b'<ofd:StrokeColor Value="200 0 0" Alpha="200"/><ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="40 0"><ofd:Segment Position="0"><ofd:Color Value="255 0 0"/></ofd:Segment>'
    b'<ofd:Segment Position="1"><ofd:Color Value="0 0 255"/></ofd:Segment></ofd:AxialShd></ofd:FillColor>'
    b'<ofd:AbbreviatedData>M 0 0 L 10 0 Q 20 10 30 0 B 1 2 3 4 5 6 A 5 5 0 1 0 20 20 C</ofd:AbbreviatedData></ofd:PathObject>'
    b'<ofd:TextObject ID="201" Boundary="10 100 80 10" Font="1" Size="5" HScale="0.8" CharDirection="90"><ofd:CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><ofd:Glyphs>3</ofd:Glyphs></ofd:CGTransform>'
    b'<ofd:TextCode X="0" Y="5" DeltaX="g 3 5">\xe5\xa7\x93\xe5\x90\x8d\xe6\xb3\xa8\xe5\x86\x8c</ofd:TextCode></ofd:TextObject>'
)
small = b"".join(texts[:1] + texts[10:14] + paths[:2] + images[:2]) + extra
small_page = HEAD + b"<ofd:Page " + NS + b'><ofd:Template TemplateID="6" ZOrder="Background"/><ofd:Content><ofd:Layer ID="62" Type="Body">' + small + b"</ofd:Layer></ofd:Content></ofd:Page>"
small_page = re.sub(rb'Font="\d+"', b'Font="1"', small_page)
template = read("Doc_0/Tpls/Tpl_0/Content.xml")
wording = re.findall(rb"<ofd:TextObject .*?</ofd:TextObject>", template, re.S)[:2]
small_template = HEAD + b"<ofd:Page " + NS + b'><ofd:Content><ofd:Layer ID="7" Type="Background">' + b"".join(wording) + b"</ofd:Layer></ofd:Content></ofd:Page>"
small_template = re.sub(rb'Font="\d+"', b'Font="1"', small_template)
document = read("Doc_0/Document.xml").replace(b"<ofd:CustomTags>", b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations><ofd:CustomTags>")
base("OFD.xml", read("OFD.xml"))
base("Document.xml", document)
base("PublicRes.xml", HEAD + b"<ofd:Res " + NS + b' BaseLoc="Res"><ofd:Fonts><ofd:Font ID="1" FontName="A" FamilyName="A"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>')
base("DocumentRes.xml", read("Doc_0/DocumentRes.xml").replace(b"image_4", b"image").replace(b"image_5", b"image"))
base("Template.xml", small_template)
base("Page.xml", small_page)
base("Annotations.xml", HEAD + b"<ofd:Annotations " + NS + b'><ofd:Page PageID="61"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>')
base("Annotation.xml", HEAD + b"<ofd:PageAnnot " + NS + b'><ofd:Annot ID="300" Type="Watermark" Creator="A" LastModDate="2026-05-04"><ofd:Appearance Boundary="20 20 100 50"><ofd:TextObject ID="301" Boundary="0 0 100 20" Font="1" Size="5"><ofd:TextCode X="0" Y="5">A</ofd:TextCode></ofd:TextObject></ofd:Appearance></ofd:Annot></ofd:PageAnnot>')
base("CustomTags.xml", read("Doc_0/Tags/CustomTags.xml"))
base("CustomTag.xml", read("Doc_0/Tags/CustomTag_0.xml"))
base("Attachments.xml", read("Doc_0/Attachs/Attachments.xml"))
base("certificate.xml", read("Doc_0/Attachs/certificate.xml"))
base("Signatures.xml", read("Doc_0/Signs/Signatures.xml"))
base("Signature.xml", read("Doc_0/Signs/Sign_0/Signature.xml"))
base("OFDEntries.xml", zipfile.ZipFile(theirs / "ofdrw-hello-integrity.ofd").read("OFDEntries.xml"))
base("font.ttf", read("Doc_0/Res/font_2.ttf"))
base("image.png", read("Doc_0/Res/image_5.png"))
base("image.jpg", read("Doc_0/Res/image_4.jpg"))
for name in ["seal-root.pem", "pdf-root.pem"]:
    base(name, (ours / "trust" / name).read_bytes())

# Parts, in the order of PARTS in src/target/ofd_package.rs.
ORDER = "OFD Document PublicRes DocumentRes Template Page Annotations Annotation CustomTags CustomTag Attachments certificate Signatures Signature OFDEntries".split()
for index, name in enumerate(ORDER):
    content = bytes([index]) + (here / "base" / f"{name}.xml").read_bytes()
    seed("ofd_part", name, content)
    seed("verify", f"part-{name}", content)
    if name in ("Document", "Page", "Template", "Annotation", "PublicRes"):
        seed("render", f"part-{name}", content)
    if name in ("OFD", "Document", "Signature", "OFDEntries"):
        seed("inspect", f"part-{name}", content)
for index, name in [(15, "font.ttf"), (16, "image.png"), (17, "image.jpg")]:
    seed("render", name, bytes([index]) + (here / "base" / name).read_bytes())
    seed("ofd_part", name, bytes([index]) + (here / "base" / name).read_bytes())
seal, signed = read("Doc_0/Signs/Sign_0/Seal.esl"), read("Doc_0/Signs/Sign_0/SignedValue.dat")
seed("verify", "part-seal", b"\x12" + seal)
seed("verify", "part-signed-seal", b"\x13" + signed)


def zipped(files, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


tiny = [("OFD.xml", read("OFD.xml")), ("Doc_0/Document.xml", document), ("Doc_0/Pages/Page_0/Content.xml", small_page)]
for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    seed("ofd_package", name, zipped(tiny, method))
seed("verify", "package", zipped(tiny, zipfile.ZIP_DEFLATED))
for name in ["ofdrw-hello-integrity.ofd", "ofdrw-DigitalSign.ofd"]:
    seed("ofd_package", name, (theirs / name).read_bytes())
    seed("verify", name, (theirs / name).read_bytes())

# Seals, certificates, signed data.
foreign = here.parent.parent / "crates/gm/tests/gm/foreign"
for name in ["good.ocsp", "compromised.ocsp", "rsa.crl", "root.der"]:
    seed("certificate", name, (foreign / name).read_bytes())
for name in ["rsa-pss-sha512-64.cms", "p521-sha512.cms", "explicit-curve.cms", "adobe-archive.cms", "rsa.tst"]:
    seed("cms", name, (foreign / name).read_bytes())
seed("seal", "ours.esl", seal)
seed("seal", "ours-signed", signed)
for name in ["ofdrw-UserV1.esl", "ofdrw-UserV5_ts.esl"]:
    seed("seal", name, (theirs / name).read_bytes())
seed("seal", "plain", zipfile.ZipFile(theirs / "ofdrw-DigitalSign.ofd").read("Doc_0/Signs/Sign_0/SignedValue.dat"))
for name in ["seal-root.pem", "pdf-root.pem"]:
    pem = (ours / "trust" / name).read_bytes()
    seed("certificate", name, pem)
    der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=pem, capture_output=True, check=True).stdout
    seed("certificate", name.replace("pem", "der"), der)
file = (ours / "original.pdf").read_bytes()
contents = re.search(rb"/Contents <([0-9A-Fa-f]+)>|/Contents<([0-9A-Fa-f]+)>", file)
cms = bytes.fromhex((contents[1] or contents[2]).decode())
length = 4 + struct.unpack(">H", cms[2:4])[0]
seed("cms", "pades", cms[:length])
seed("cms", "integrity", zipfile.ZipFile(theirs / "ofdrw-hello-integrity.ofd").read("signedvalue.dat"))

seed("inspect", "seal", b"D" + seal)
seed("inspect", "signed-seal", b"D" + signed)
seed("inspect", "pades", b"D" + cms[:length])

# PDF: one object of each kind; a small file; the streams that are read.
seed("pdf_stream", "content", b"\x00q 1 0 0 1 10 10 cm BT /F1 12 Tf 1 0 0 1 72 720 Tm [<0001>-20<0002>]TJ ET Q /X Do 0 0 10 10 re f")
seed("pdf_stream", "cmap", b"\x011 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfchar <0001><59D3> endbfchar 1 beginbfrange <0002><0004>[<0041><0042><0043>] endbfrange")
xmp = re.search(rb"<\?xpacket begin.*?<\?xpacket end[^>]*\?>", file, re.S)
if xmp:
    seed("pdf_stream", "xmp", b"\x02" + xmp[0])
seed("pdf_stream", "font", b"\x03" + (here / "base" / "font.ttf").read_bytes())
objects = [
    b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/SigFlags 3>>/Perms<</DocMDP 6 0 R>>>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[5 0 R]>>",
    b"<</Length 9>>\nstream\nBT (A) Tj\nendstream",
    b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/V 6 0 R/Rect[0 0 1 1]/P 3 0 R>>",
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260101000000Z)/ByteRange[0 500 540 300]/Contents<3000>/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>",
]
out, offsets = b"%PDF-1.7\n", []
for number, body in enumerate(objects, 1):
    offsets.append(len(out))
    out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
start = len(out)
plain = out + b"xref\n0 7\n0000000000 65535 f \n" + table + b"trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
seed("pdf_file", "plain", plain)
update = b"7 0 obj\n<</Type/DSS>>\nendobj\n"
seed("pdf_file", "updated", plain + update + b"xref\n7 1\n%010d 00000 n \ntrailer\n<</Size 8/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(plain), start, len(plain) + len(update)))
inner = b"<</Type/Catalog/Pages 2 0 R>> <</Type/Pages/Kids[3 0 R]/Count 1>> <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
index = b"1 0 2 30 3 66 "
body = zlib.compress(index + inner)
stream = b"%PDF-1.5\n"
at4 = len(stream)
stream += b"4 0 obj\n<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(index), len(body), body)
at5 = len(stream)
rows = b"".join(struct.pack(">BHB", *row) for row in [(0, 0, 255), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, at4, 0), (1, at5, 0)])
stream += b"5 0 obj\n<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(rows), rows, at5)
seed("pdf_file", "streams", stream)
seed("verify", "pdf", plain)
seed("inspect", "pdf", plain)

# The same drawn: what is painted, besides what is read.
seed("render_pdf", "plain", plain)
seed("render_pdf", "streams", stream)
seed("render_pdf", "content", b"\x00q 1 0 0 1 10 10 cm 1 0 0 rg 0 0 1 RG 3 w 1 J 1 j [3 2]0 d 10 10 m 90 10 l 90 90 10 90 50 50 c h B* W n BT /F1 12 Tf 1 0 0 1 72 720 Tm 2 Tr [<0001>-20<0002>]TJ ET Q 0 0 10 10 re f BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x80\xff\x40 EI")
seed("render_pdf", "font", b"\x03" + (here / "base" / "font.ttf").read_bytes())

# A QR symbol: a sound body behind a zero byte, and the whole text. The signature is nobody's.
number = "\u82cf".encode("utf-16-be") + b"\x08" + bytes.fromhex("1322018201901234")
name, employer = "\u5f20\u4e09".encode("utf-16-be"), b"A Ltd"
body = b"\x01" + b"KEY1" + struct.pack(">IH", 1_790_000_000, 9_900) + number + b"\x01" + struct.pack(">BH", 1, 10_000)
body += struct.pack(">H", 0x8000 | len(name)) + name + struct.pack(">H", len(employer)) + employer + bytes(64)
seed("qr_payload", "body", b"\0" + body)
seed("qr_payload", "text", b"https://h/q/AQIDBAUGBwgJCgsMDQ4PEA#" + base64.urlsafe_b64encode(body).rstrip(b"="))

# Fonts, pictures, tables.
seed("font", "title.ttf", (here / "base" / "font.ttf").read_bytes())
seed("picture", "signature.png", (here / "base" / "image.png").read_bytes())
seed("picture", "photo.jpg", (here / "base" / "image.jpg").read_bytes())
seed("picture", "certificate.ofd", zipped(tiny, zipfile.ZIP_DEFLATED))
seed("picture", "plain.pdf", plain)
seed("table_csv", "utf8", "\ufeff姓名,证件号码,日期\n张三,'001,2026-05-04\n\"李\n四\",2,46000\n".encode())
seed("table_csv", "gb18030", "姓名,专业\n张三,建筑工程\n".encode("gb18030"))
sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="B1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>12345678901234567</v></c><c r="B2" s="1"><v>46000</v></c></row></sheetData></worksheet>'
book = [
    ("[Content_Types].xml", b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'),
    ("_rels/.rels", b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
    ("xl/workbook.xml", b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'),
    ("xl/_rels/workbook.xml.rels", b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
    ("xl/sharedStrings.xml", b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>B</t></si></sst>'),
    ("xl/styles.xml", b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'),
    ("xl/worksheets/sheet1.xml", sheet),
]
seed("table_xlsx", "stored", zipped(book, zipfile.ZIP_STORED))
seed("table_xlsx", "sheet", sheet)
# Positions that no sheet has: a row that four bytes do not hold, a range that ends before it begins.
for name, replaced in ("beyond", sheet.replace(b'"A2"', b'"A9999999999"')), ("backwards", sheet.replace(b"<sheetData>", b'<dimension ref="B2:A1"></dimension><sheetData>')):
    seed("table_xlsx", name, zipped(book[:-1] + [("xl/worksheets/sheet1.xml", replaced)], zipfile.ZIP_STORED))

# The statement of a bundle; lists of announcements are added by hand.
seed("trust_bundle", "statement", b'{"format":1,"issued_at":"2026-01-01T00:00:00Z","expires_at":"2036-01-01T00:00:00Z","authorities":[{"name":"A","credit_code":"B","licence_types":["C"],"signers":{"organisations":["A"],"seal_ids":["1"],"seal_names":["2"]}}],"files":{"seal-root.pem":"00","pdf-root.pem":"00"}}')
