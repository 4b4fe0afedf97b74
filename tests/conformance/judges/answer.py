"""Google's protobuf reads a file as jianzheng.verification.v1.Verification.  python answer.py FILE.json"""

import pathlib
import sys

from google.protobuf import json_format

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "examples/python"))

import verify  # noqa: E402


def main():
    with verify.stubs():
        from jianzheng.verification.v1 import verification_service_pb2

        text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
        answer = json_format.Parse(text, verification_service_pb2.Verification())
    assert answer.verdict and answer.findings, "hardly anything in it"


main()
