# SPDX-License-Identifier: BSD-2-Clause
"""Header shapes: each changes a Message, and says which fields it takes for itself."""

import base64
import collections
import quopri

Shape = collections.namedtuple("Shape", "name touches run")
HEADER_SHAPES = []

WORDS = ("mail list offer weekly report order the of and invoice quarterly meeting minutes ticket "
         "re fwd status update =) -- ... 100% (new) [ext] a=b; c=d h=from b= bh=").split()
GREEK = "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac"
NAMES = ["J\u00f6rg M\u00fcller", "\u5c71\u7530\u592a\u90ce", "Zo\u00eb", GREEK]


def shape(*touches):
    def register(function):
        name = function.__name__.replace("_", "-")
        HEADER_SHAPES.append(Shape(name, frozenset(touches), function))
        return function
    return register


def words(message, count):
    return [message.rng.choice(WORDS) for _ in range(count)]


def encoded_word(text, kind):
    data = text.encode()
    if kind == "B":
        return "=?utf-8?B?%s?=" % base64.b64encode(data).decode()
    return "=?utf-8?Q?%s?=" % quopri.encodestring(data, header=True).decode().replace("?", "=3F")


def addresses(message, count):
    return ["user%d.%s@receiver%d.example" % (i, "x" * message.rng.randrange(8), i % 7)
            for i in range(count)]


@shape("Subject")
def long_folded_subject(message):
    message.set("Subject", " " + "\r\n ".join(" ".join(words(message, 8)) for _ in range(12)))


@shape("Subject")
def subject_folded_with_tabs(message):
    message.set("Subject", " " + "\r\n\t".join(" ".join(words(message, 5)) for _ in range(6)))


@shape("Subject")
def subject_folded_with_many_blanks(message):
    folds = ["\r\n   ", "\r\n\t\t", "\r\n \t ", " \r\n ", "\t\r\n\t"]
    text = " begin"
    for word in words(message, 10):
        text += message.rng.choice(folds) + word
    message.set("Subject", text)


@shape("Subject")
def subject_begins_with_a_fold(message):
    message.set("Subject", "\r\n " + " ".join(words(message, 4)))


@shape("Subject")
def subject_with_runs_of_blanks(message):
    message.set("Subject", "  two   three \t tab\t\ttabs    end")


@shape("Subject")
def subject_with_trailing_blanks(message):
    message.set("Subject", " trailing blanks  \t ")


@shape("Subject")
def subject_of_one_blank(message):
    message.set("Subject", " ")


@shape("Subject")
def subject_empty(message):
    message.set("Subject", "")


@shape("Subject")
def subject_line_of_998(message):
    message.set("Subject", " " + "x" * (998 - len("Subject: ")))


@shape("Subject")
def subject_folded_at_998(message):
    line = "y" * 990
    message.set("Subject", " %s\r\n %s\r\n %s" % (line[:980], line, line))


@shape("Subject")
def subject_that_looks_like_a_signature(message):
    message.set("Subject", " v=1; a=rsa-sha256; d=%s; b=; h=From:To" % message.domain)


@shape("Subject")
def subject_encoded_b(message):
    message.set("Subject", " " + encoded_word(GREEK, "B"))


@shape("Subject")
def subject_encoded_q_folded(message):
    parts = [encoded_word("%s %d" % (GREEK, i), message.rng.choice("BQ")) for i in range(5)]
    message.set("Subject", " " + "\r\n ".join(parts))


@shape("Subject")
def subject_utf8(message):
    message.has_utf8_header = True
    message.set("Subject", " %s \u2014 \U0001f4e7 caf\u00e9" % GREEK)


@shape("Subject")
def subject_utf8_folded(message):
    message.has_utf8_header = True
    message.set("Subject", " " + "\r\n\t".join([GREEK * 4] * 5))


@shape("Subject")
def tab_after_the_colon(message):
    message.set("Subject", "\ta tab after the colon")


@shape("Subject", "To")
def no_blank_after_the_colon(message):
    message.set("Subject", "no blank after the colon")
    message.set("To", "bob@receiver.example")


@shape("Subject")
def many_blanks_after_the_colon(message):
    message.set("Subject", " " * 40 + "far right")


@shape("names")
def upper_case_names(message):
    message.fields = [(name.upper(), value) for name, value in message.fields]


@shape("names")
def lower_case_names(message):
    message.fields = [(name.lower(), value) for name, value in message.fields]


@shape("names")
def mixed_case_names(message):
    message.fields = [(name.swapcase(), value) for name, value in message.fields]


@shape("order")
def from_is_last(message):
    sender = message.get("From")
    message.fields = [field for field in message.fields if field[0].lower() != "from"]
    message.add("From", sender)


@shape("order")
def fields_shuffled(message):
    message.rng.shuffle(message.fields)


@shape("From")
def from_bare_address(message):
    message.set("From", " ann@" + message.domain)


@shape("From")
def from_quoted_name(message):
    message.set("From", ' "Author, Ann \\"The Pen\\" (x) <y@z>" <ann@%s>' % message.domain)


@shape("From")
def from_quoted_local_part(message):
    message.set("From", ' "ann author"@%s' % message.domain)


@shape("From")
def from_quoted_local_part_with_at(message):
    message.set("From", ' Ann <"ann@home\\\\"@%s>' % message.domain)


@shape("From")
def from_with_comments(message):
    message.set("From", " Ann (the author (really)) <ann@%s> (at work \\) here)" % message.domain)


@shape("From")
def from_comment_as_name(message):
    message.set("From", " ann@%s (Ann Author)" % message.domain)


@shape("From")
def from_folded(message):
    message.set("From", " Ann\r\n Author\r\n\t<ann@%s>" % message.domain)


@shape("From")
def from_encoded_name(message):
    message.set("From", " %s\r\n <ann@%s>" % (encoded_word(message.rng.choice(NAMES), "Q"),
                                              message.domain))


@shape("From")
def from_upper_case_domain(message):
    message.set("From", " Ann <Ann@%s>" % message.domain.upper())


@shape("From")
def from_dots_in_the_name(message):
    message.set("From", " Dr. Ann B. Author <ann.b.author+tag=1@%s>" % message.domain)


@shape("From")
def from_utf8_name(message):
    message.has_utf8_header = True
    message.set("From", " %s <ann@%s>" % (message.rng.choice(NAMES), message.domain))


@shape("From")
def from_utf8_local_part(message):
    message.has_utf8_header = True
    message.set("From", " <\u00e4nn@%s>" % message.domain)


@shape("From")
def from_name_of_special_atoms(message):
    message.set("From", " !#$%%&'*+-/=?^_`{|}~ <!#$%%&'*+-/=?^_`{|}~@%s>" % message.domain)


@shape("To")
def to_group(message):
    message.set("To", " A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;")


@shape("To")
def to_undisclosed(message):
    message.set("To", " undisclosed-recipients:;")


@shape("To")
def to_many(message):
    message.set("To", " " + ",\r\n\t".join(addresses(message, 200)))


@shape("To")
def to_many_on_one_line(message):
    message.set("To", " " + ", ".join(addresses(message, 30)))


@shape("Cc")
def cc_with_comments(message):
    message.set("Cc", " (Empty list)(start)Hidden recipients  :(nobody(that I know))  ;")


@shape("Cc")
def cc_folded_after_every_comma(message):
    message.set("Cc", "\r\n " + ",\r\n ".join(addresses(message, 12)))


@shape("Cc")
def cc_utf8(message):
    message.has_utf8_header = True
    message.set("Cc", " " + ", ".join("%s <x%d@receiver.example>" % (name, i)
                                      for i, name in enumerate(NAMES)))


@shape("Sender")
def sender(message):
    message.set("Sender", " Secretary <secretary@%s>" % message.domain)


@shape("Reply-To")
def reply_to_several(message):
    message.set("Reply-To", " a@reply.example,\r\n \"B, C\" <b@reply.example>")


@shape("List")
def mailing_list(message):
    message.set("List-Id", " Announcements <announce.%s>" % message.domain)
    message.set("List-Unsubscribe", " <https://%s/u?id=%x>,\r\n <mailto:u@%s?subject=stop>"
                % (message.domain, message.rng.getrandbits(256), message.domain))
    message.set("List-Unsubscribe-Post", " List-Unsubscribe=One-Click")
    message.set("List-Help", " <mailto:help@%s> (ask here)" % message.domain)
    message.set("Precedence", " list")


@shape("Feedback")
def feedback_fields(message):
    message.set("Feedback-ID", " campaign%d:customer:type:sender" % message.rng.randrange(10000))
    message.set("CFBL-Address", " fbl@%s; report=arf" % message.domain)
    message.set("CFBL-Feedback-ID", " 111:222:333:4444")


@shape("Resent")
def resent(message):
    message.add_top("Resent-Message-ID", " <r%x@%s>" % (message.rng.getrandbits(32),
                                                        message.domain))
    message.add_top("Resent-Date", " Fri, 02 Jan 2026 10:00:00 +0000")
    message.add_top("Resent-To", " other@receiver.example")
    message.add_top("Resent-From", " ann@%s" % message.domain)


@shape("Received")
def many_received(message):
    for hop in range(message.rng.randrange(5, 20)):
        message.add_top("Received", " from host%d.example (host%d.example [192.0.2.%d])\r\n"
                        "\tby relay%d.example with ESMTPS id %X\r\n"
                        "\tfor <bob@receiver.example>; Thu, 1 Jan 2026 00:%02d:00 +0000 (UTC)"
                        % (hop, hop, hop + 1, hop, message.rng.getrandbits(40), hop))


@shape("References")
def long_references(message):
    message.set("In-Reply-To", " <parent@list.example>")
    message.set("References", " " + "\r\n\t".join(
        "<%x@list.example>" % message.rng.getrandbits(80) for _ in range(60)))


@shape("Date")
def date_with_comment(message):
    message.set("Date", " Thu,  1 Jan 2026 12:00:00 +0100 (Central European Time)")


@shape("Date")
def date_folded(message):
    message.set("Date", " Thu,\r\n      01\r\n        Jan\r\n          2026\r\n"
                "      12:00\r\n               +0100")


@shape("X-Same")
def equal_fields_repeated(message):
    for _ in range(5):
        message.add("X-Same", " the same text")


@shape("X-Same")
def comments_and_keywords_repeated(message):
    for i in range(4):
        message.add("Comments", " remark %d" % i)
        message.add("Keywords", " %s" % ", ".join("key%d" % (i + j) for j in range(3)))


@shape("X-Same")
def equal_names_in_other_case(message):
    for name in ("X-Case", "x-case", "X-CASE", "x-CaSe"):
        message.add(name, " %d" % message.rng.randrange(100))


@shape("X-Empty")
def empty_fields(message):
    message.add("X-Empty", "")
    message.add("X-Blank", " ")
    message.add("X-Tab", "\t")


@shape("X-Odd")
def odd_names(message):
    message.add("X-!#$%&'*+.^_`|~", " every byte of ftext may stand in a name")
    message.add("X-" + "Long" * 15, " a long name")
    message.add("1", " digits")
    message.add("X", " short")


@shape("X-Many")
def hundred_fields(message):
    for i in range(100):
        message.add("X-Field-%d" % i, " " + " ".join(words(message, 4)))


@shape("X-Long")
def long_field_of_many_folds(message):
    message.add("X-Long", " " + "\r\n ".join("%032x" % message.rng.getrandbits(128)
                                             for _ in range(150)))


@shape("X-Dots")
def folds_that_begin_with_dots(message):
    message.add("X-Dots", " one\r\n .two\r\n ..\r\n .")


@shape("Results")
def results_of_others(message):
    message.add_top("Authentication-Results", " other.example;\r\n\tspf=none smtp.mailfrom=a.test;"
                    "\r\n\tdkim=pass (1024-bit; odd \\) comment) header.d=b.test")


@shape("Signature")
def foreign_signature(message):
    message.add_top("DKIM-Signature", " v=1; a=rsa-sha256; c=simple; d=list.example; s=s;\r\n"
                    "\th=From : To; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
                    "\tb=c2lnbmVkIGJ5IG5vYm9keQ==")
