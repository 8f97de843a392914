# SPDX-License-Identifier: BSD-2-Clause
"""Body shapes: each gives a Message its body, and the MIME fields that fit it."""

from shapes_header import GREEK, Shape, words

BODY_SHAPES = []


def shape(function):
    name = "body-" + function.__name__.replace("_", "-")
    BODY_SHAPES.append(Shape(name, frozenset(["body"]), function))
    return function


def lines(*texts):
    return b"".join(text.encode() + b"\r\n" for text in texts)


def boundary(message):
    return "=_%x/(odd):'%d" % (message.rng.getrandbits(40), message.rng.randrange(100))


def multipart(kind, mark, parts, preamble=b"", epilogue=b""):
    """The Content-Type and the body of a multipart of (fields, body) parts."""
    body = preamble
    for fields, content in parts:
        body += b"--%s\r\n%s\r\n%s\r\n" % (mark.encode(), lines(*fields), content)
    body += b"--%s--\r\n%s" % (mark.encode(), epilogue)
    return 'multipart/%s;\r\n\tboundary="%s"' % (kind, mark), body


@shape
def empty(message):
    message.body = b""


@shape
def missing(message):
    message.ends_after_header = True


@shape
def one_line_end(message):
    message.body = b"\r\n"


@shape
def blank_lines_only(message):
    message.body = b"\r\n" * message.rng.randrange(2, 20)


@shape
def blanks_only(message):
    message.body = b"  \t \r\n \r\n\t\r\n"


@shape
def trailing_blank_lines(message):
    message.body = b"text\r\n" + b"\r\n" * message.rng.randrange(1, 30)


@shape
def trailing_lines_of_blanks(message):
    message.body = b"text\r\n \r\n\t\r\n\r\n  \r\n"


@shape
def trailing_blanks_on_lines(message):
    message.body = b"one \r\ntwo\t\r\nthree \t \r\n   \r\nfour  \r\n"


@shape
def leading_blanks_and_runs(message):
    message.body = b"   indented\r\n\ttab\r\na  b   c\td\t\te\r\n \ta \t b\r\n\r\n\r\nend\r\n"


@shape
def no_final_line_end(message):
    message.body = b"first\r\nlast line without an end"


@shape
def no_final_line_end_after_blanks(message):
    message.body = b"first\r\nlast \t"


@shape
def dot_lines(message):
    message.body = b".\r\n..\r\n...\r\n.text\r\n..text\r\ntext.\r\n . \r\n.\r\n"


@shape
def dot_at_the_end(message):
    message.body = b"text\r\n."


@shape
def from_lines(message):
    message.body = b"From me to you\r\n>From him\r\n\r\nFrom a@b Thu Jan  1 00:00:00 1970\r\n"


@shape
def header_like(message):
    message.body = b"Subject: not a field\r\nFrom: x@y\r\n\r\nDKIM-Signature: v=1; b=\r\n"


@shape
def line_of_998(message):
    message.body = b"z" * 998 + b"\r\n" + b"a " * 499 + b"\r\n" + b"short\r\n"


@shape
def form_feed_and_escape(message):
    message.body = b"page one\r\n\x0cpage two\r\n\x1b[1mbold\x1b[0m\x07\x08\r\n\x7f\r\n"


@shape
def one_byte(message):
    message.body = b"x"


@shape
def one_long_word(message):
    message.body = b"https://example.com/" + b"a" * 900 + b"\r\n"


@shape
def large(message):
    text = [" ".join(words(message, 12)).encode() for _ in range(200)]
    message.body = b"\r\n".join(message.rng.choice(text) for _ in range(4000)) + b"\r\n"


@shape
def around_chunk_borders(message):
    """Blank lines and blanks where a milter's chunk of 65535 bytes ends."""
    line = b"0123456789abcdef" * 4 + b"\r\n"
    text = line * (65535 // len(line) - 1)
    gap = 65535 - len(text) - message.rng.randrange(4)
    message.body = text + b"g" * gap + b" \r\n \t\r\n\r\n\r\nafter \r\n" + text + b"\r\n\r\n"


@shape
def utf8(message):
    message.has_8bit_body = True
    message.mime("text/plain; charset=utf-8", "8bit")
    message.body = (GREEK + "\u00a0\u2003 caf\u00e9 \U0001f4e7 \r\n" + GREEK * 20 + "\r\n").encode()


@shape
def latin1(message):
    message.has_8bit_body = True
    message.mime("text/plain; charset=iso-8859-1", "8bit")
    message.body = bytes(range(0xa0, 0x100)) + b"\r\n\xa0\r\n \xa0 \r\n"


@shape
def quoted_printable(message):
    message.quoted_printable("%s = \t trailing blank \r\n%s\r\n\r\n.\r\n" % (GREEK, GREEK * 30))


@shape
def base64_body(message):
    message.mime("application/octet-stream; name=\"a b\"", "base64")
    message.body = message.base64(message.rng.randbytes(3000))


@shape
def format_flowed(message):
    message.mime("text/plain; charset=us-ascii; format=flowed; delsp=yes", "7bit")
    message.body = b"flowed text goes on \r\nhere \r\nand ends\r\n\r\n> quoted \r\n-- \r\nAnn\r\n"


@shape
def alternative(message):
    kind, message.body = multipart("alternative", boundary(message), [
        (["Content-Type: text/plain; charset=us-ascii"], b"plain \r\n"),
        (["Content-Type: text/html", "Content-Transfer-Encoding: 7bit"],
         b"<html>\r\n<body>\r\n<p>rich</p>  \r\n</body></html>\r\n"),
    ])
    message.mime(kind)


@shape
def nested_multiparts(message):
    kind, body = "text/plain", b"innermost"
    for depth in range(6):
        kind, body = multipart("mixed", "depth%d" % depth, [
            (["Content-Type: text/plain"], b"part at depth %d\r\n" % depth),
            (["Content-Type: " + kind], body),
        ])
    message.mime(kind)
    message.body = body


@shape
def preamble_and_epilogue(message):
    kind, message.body = multipart("mixed", boundary(message), [
        ([], b"part without fields"),
        (["Content-Type:text/plain;charset=us-ascii"], b""),
    ], b"preamble \r\n\r\n", b"\r\nepilogue\r\n\r\n \r\n\r\n")
    message.mime(kind)


@shape
def attached_message(message):
    inner = lines("From: inner@other.example", "Subject: inner", "DKIM-Signature: v=1; b=x", "",
                  "inner text", "")
    kind, message.body = multipart("mixed", boundary(message), [
        (["Content-Type: text/plain"], b"see below"),
        (["Content-Type: message/rfc822", "Content-Disposition: attachment"], inner),
    ])
    message.mime(kind)


@shape
def multipart_utf8(message):
    message.has_8bit_body = True
    kind, message.body = multipart("mixed", boundary(message), [
        (["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"],
         (GREEK + "\r\n").encode()),
        (["Content-Type: image/png; name*=utf-8''%CE%95.png", "Content-Transfer-Encoding: base64"],
         message.base64(message.rng.randbytes(700))),
    ])
    message.mime(kind, "8bit")


@shape
def mime_with_comments(message):
    message.set("MIME-Version", " 1.0 (made (by) hand)")
    message.set("Content-Type", ' text/plain (comment); charset="us-ascii" (another);\r\n'
                "\tx-long*0=aaaaaaaaaaaaaaaaaaaa;\r\n\tx-long*1=bbbbbbbbbbbbbbbbbbbb")
    message.set("Content-Transfer-Encoding", " 7BIT")
    message.body = b"text\r\n"


@shape
def signature_mark_and_tabs(message):
    message.body = b"a\tb\tc\r\n\r\n-- \r\nAnn\r\n\t\r\n"
