#!/usr/bin/env python3
"""How a backend keeps a picture of registrations: subscribe, store positions, resume.

    python subscribe.py OUT STATE NUMBER...

OUT is the folder that `cargo xtask demo --keep` leaves; STATE a file that holds the picture with the position that it is of;
NUMBER registration numbers to watch. The client needs the scope `feed` (docs/feeds.md). Prints each change as a line of JSON;
stops after the first heartbeat, when there is nothing more to tell: run it again, or take the `return` out, to go on.
"""

import base64
import json
import os
import pathlib
import sys

import grpc
from google.protobuf import json_format

from verify import channel, stubs

PURPOSE = "关注注册状态"
BEGIN = {"after": 0, "anchor": "", "registrations": {}}


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    out, path, numbers = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    with stubs():
        while not follow(out, path, numbers):
            pass


def follow(out, path, numbers):
    """One stream; true when there is nothing more to tell, false when it is to be resumed."""
    from jianzheng.verification.v1 import subscription_service_pb2, subscription_service_pb2_grpc

    state = json.loads(path.read_text()) if path.exists() else json.loads(json.dumps(BEGIN))
    request = subscription_service_pb2.WatchRegistrationsRequest(
        after=state["after"],
        anchor=base64.b64decode(state["anchor"]),
        registration_numbers=numbers,
        purpose=PURPOSE,
    )
    service = subscription_service_pb2_grpc.SubscriptionServiceStub(channel(out, "verification"))
    if state["after"] == 0:
        state["registrations"] = {}
    try:
        for message in service.WatchRegistrations(request, metadata=[("authorization", f"Bearer {token(out)}")]):
            event = message.WhichOneof("event")
            if event == "registration":
                told = json_format.MessageToDict(message.registration)
                state["registrations"][told["registrationNumber"]] = told
                print(json.dumps(told, ensure_ascii=False))
            elif event == "departed":
                state["registrations"].pop(message.departed.registration_number, None)
            if message.position > 0:
                # Position and picture in one step: what is told again after a crash is told as it stands then.
                state.update(after=message.position, anchor=base64.b64encode(message.anchor).decode())
                store(path, state)
            if event == "heartbeat":
                return True
    except grpc.RpcError as error:
        # Too far behind, or the register was restored: the whole picture anew.
        if error.code() in (grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.FAILED_PRECONDITION):
            store(path, BEGIN)
        # The token has ended, or the process drains: go on with the next.
        elif error.code() not in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE):
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            raise SystemExit(2)
    return False


def token(out):
    from jianzheng.identity.v1 import access_service_pb2, access_service_pb2_grpc

    access = access_service_pb2_grpc.AccessServiceStub(channel(out, "identity"))
    request = access_service_pb2.IssueClientTokenRequest(audiences=["nation"])
    return access.IssueClientToken(request, timeout=10).access_token


def store(path, state):
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(state, ensure_ascii=False))
    os.replace(unfinished, path)


if __name__ == "__main__":
    main()
