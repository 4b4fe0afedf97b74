#!/usr/bin/env python3
"""How a backend verifies a certificate: a token bound to its own certificate, then one call.

    python verify.py OUT NUMBER|FILE

OUT is the folder that `cargo xtask demo --keep` leaves (endpoints.json, tls/); NUMBER a registration number, FILE an OFD
or PDF certificate. The stubs are generated from proto/ into a temporary folder by grpcio-tools. Prints the answer in the
protos' JSON mapping; exits with 1 if the verdict is not VERDICT_VALID, with 2 if there is no answer.
"""

import contextlib
import importlib.resources
import json
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import json_format
from grpc_tools import protoc

PURPOSE = "资格审查"
VALID = 1  # VERDICT_VALID
CHUNK = 64 * 1024
PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


@contextlib.contextmanager
def stubs():
    """Generates the stubs and makes them importable."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(path) for path in sorted(PROTO.rglob("*.proto"))]
        own = importlib.resources.files("grpc_tools") / "_proto"
        arguments = ["protoc", f"-I{PROTO}", f"-I{own}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
        if protoc.main(arguments + files) != 0:
            raise SystemExit("the protos could not be compiled")
        sys.path.insert(0, folder)
        yield


def channel(out, service):
    """A mutual-TLS channel; the servers' certificates name `localhost`."""
    tls = out / "tls"
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(tls / "ca.pem").read_bytes(),
        private_key=(tls / "client.key").read_bytes(),
        certificate_chain=(tls / "client.pem").read_bytes(),
    )
    client = json.loads((tls / "client.json").read_text())
    address = json.loads((out / "endpoints.json").read_text())[service]
    name = client["server_names"][service]["name"]
    return grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", name)])


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with stubs():
        try:
            answer = verify(pathlib.Path(sys.argv[1]), sys.argv[2])
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            raise SystemExit(2)
    print(json_format.MessageToJson(answer, ensure_ascii=False))
    raise SystemExit(0 if answer.verdict == VALID else 1)


def verify(out, subject):
    """The answer about a registration number or a file."""
    from jianzheng.identity.v1 import access_service_pb2, access_service_pb2_grpc
    from jianzheng.verification.v1 import verification_service_pb2, verification_service_pb2_grpc

    access = access_service_pb2_grpc.AccessServiceStub(channel(out, "identity"))
    request = access_service_pb2.IssueClientTokenRequest(audiences=["nation"])
    token = access.IssueClientToken(request, timeout=10).access_token

    service = verification_service_pb2_grpc.VerificationServiceStub(channel(out, "verification"))
    with_token = {"metadata": [("authorization", f"Bearer {token}")], "timeout": 10}
    if pathlib.Path(subject).is_file():
        return service.VerifyDocument(parts(verification_service_pb2, subject), **with_token).verification
    request = verification_service_pb2.VerifyCertificateRequest(registration_number=subject, purpose=PURPOSE)
    return service.VerifyCertificate(request, **with_token).verification


def parts(messages, path):
    """A header, then the bytes of the file."""
    yield messages.VerifyDocumentRequest(header=messages.DocumentHeader(purpose=PURPOSE))
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield messages.VerifyDocumentRequest(chunk=chunk)


if __name__ == "__main__":
    main()
