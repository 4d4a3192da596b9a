# Verifies a message on standard input with dkimpy. The arguments are DNS names and their
# TXT records. It prints a line for each signature: its selector and whether it is valid.
import sys

import dkim

records = dict(zip(sys.argv[1::2], sys.argv[2::2]))


def txt(name, timeout=5):
    return records.get(name.decode().rstrip("."), "").encode() or None


message = dkim.DKIM(sys.stdin.buffer.read())
for index in range(sum(1 for name, _ in message.headers if name.lower() == b"dkim-signature")):
    try:
        ok = message.verify(index, dnsfunc=txt)
    except dkim.DKIMException as error:
        ok = error
    print(message.signature_fields[b"s"].decode(), ok)
