#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# verify_mail_dkim.pl FILE...: a JSON line for each message, [{domain, algorithm, result}, ...],
# top to bottom; keys from the name server on loopback.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

Mail::DKIM::DNS::resolver(
    Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], retry => 2, retrans => 1));

for my $file (@ARGV) {
    my $verifier = Mail::DKIM::Verifier->new;
    open my $message, '<:raw', $file or die "$file: $!";
    $verifier->load($message);
    close $message;
    my @results = map {
        { domain => $_->domain, algorithm => $_->algorithm, result => $_->result_detail }
    } $verifier->signatures;
    print encode_json(\@results), "\n";
}
