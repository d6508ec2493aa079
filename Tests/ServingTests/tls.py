"""Makes a certificate, and asks a server that shows it.

    tls.py make FOLDER          writes server.pem and server.key
    tls.py ask FOLDER PORT      asks for features, trusting that certificate alone, and prints the answer
"""
import datetime
import ipaddress
import pathlib
import ssl
import sys
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def make(folder: pathlib.Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256()))
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def ask(folder: pathlib.Path, port: str) -> None:
    context = ssl.create_default_context(cafile=str(folder / "server.pem"))
    request = urllib.request.Request(
        f"https://127.0.0.1:{port}/get-online-features",
        b'{"feature_service": "arrival", "entities": {"carrier": ["AA"]}}', {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        print(answer.read().decode())


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    ask(pathlib.Path(sys.argv[2]), sys.argv[3])
