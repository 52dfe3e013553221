"""Bytes that are no certificate request, in the words of a kube-apiserver 1.36.2."""

from base64 import b64decode

import pytest

from ecp.kube.der import request_complaint

# openssl req -newkey ec:… -subj /O=system:nodes/CN=system:node:n-1
SOUND = b64decode(
    "MIHtMIGTAgEAMDExFTATBgNVBAoMDHN5c3RlbTpub2RlczEYMBYGA1UEAwwPc3lzdGVtOm5vZGU6"
    "bi0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEs/EGrI2FUz2MEchgEd01K1C08bEBs1m+9xQV"
    "iJc2EcHSIbcKL2ASefe/KNowdIrp8tkdyxFw4nvjZMnPp8aIZqAAMAoGCCqGSM49BAMCA0kAMEYC"
    "IQCQ5NmwRCJ7iDoQj8CvUY8DzYu9/SsR1EcTye845ehqtAIhANg8M1vCphgfhK/rpyXnzCP6hkQg"
    "lHnsm2kNtgk24wjk"
)


def mismatch(wanted: int, found: str, type_: str) -> str:
    flags = (
        "{optional:false explicit:false application:false private:false defaultValue:<nil> "
        "tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}"
    )
    return f"asn1: structure error: tags don't match ({wanted} vs {{{found}}}) {flags} {type_} @2"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(SOUND, "", id="a request"),
        pytest.param(SOUND[:20], "asn1: syntax error: data truncated", id="cut off"),
        pytest.param(SOUND + b"\0", "asn1: syntax error: trailing data", id="more behind it"),
        pytest.param(b"\x30", "asn1: syntax error: truncated tag or length", id="no length"),
        pytest.param(
            bytes.fromhex("3080"), "asn1: syntax error: indefinite length found (not DER)",
            id="an end that is not said",
        ),
        pytest.param(
            bytes.fromhex("30820001ff"),
            "asn1: structure error: superfluous leading zeros in length", id="a padded length",
        ),
        pytest.param(
            bytes.fromhex("308105"), "asn1: structure error: non-minimal length",
            id="a length that could be shorter",
        ),
        pytest.param(b"\x30\0", "asn1: syntax error: sequence truncated", id="empty"),
        pytest.param(b"\x1f", "asn1: syntax error: truncated base 128 integer", id="half a tag"),
        pytest.param(
            bytes.fromhex("0500"),
            mismatch(16, "class:0 tag:5 length:0 isCompound:false", "certificateRequest"),
            id="something else",
        ),
        pytest.param(
            bytes.fromhex("3003020100"),
            mismatch(16, "class:0 tag:2 length:1 isCompound:false", "tbsCertificateRequest"),
            id="something else inside",
        ),
        pytest.param(
            bytes.fromhex("3005300330010100"),
            mismatch(2, "class:0 tag:16 length:1 isCompound:true", "int"),
            id="no version",
        ),
        pytest.param(
            bytes.fromhex("3006300402020001"),
            "asn1: structure error: integer not minimally-encoded", id="a padded version",
        ),
    ],
)  # fmt: skip
def test_requests_are_read_as_go_does(data: bytes, words: str) -> None:
    assert request_complaint(data) == words
