#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds Millrace and shows millrace-dkim-sign at work: a private Postfix and a name server in a
# network namespace, real keys, real mail, and a verifier that is not ours. The system's own mail
# is not touched, and nothing is left behind but installed packages and the folder build-demo/.
#
#   ./demo.sh           as root, on Debian 12
#   ./demo.sh --keep    leaves all running and says how to look around and how to end it
set -euo pipefail
cd "$(dirname "$0")"
source_folder=$PWD
build=$PWD/build-demo
keep=false
[ "${1-}" != --keep ] || keep=true
export LC_ALL=C.UTF-8
umask 022

if [ -t 1 ]; then
	bold=$'\e[1m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
else
	bold= green= dim= plain=
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
indented() { sed -e 's/^/    /' -e 's/^\(.\{119\}\)..*/\1.../'; }
shown() {
	printf '  %s$ %s%s\n' "$dim" "$*" "$plain"
	in_space "$@" 2>&1 | indented
}
fail() {
	echo "demo.sh: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "run me as root: I make a network namespace and start a Postfix"

say "1. Packages and build"
build-aux/install-packages build demo ||
	fail "packages are missing (a machine that runs another MTA than Postfix keeps it: try elsewhere)"
[ -e configure ] || autoreconf -i > /dev/null 2>&1
mkdir -p "$build"
(
	cd "$build"
	{ [ -e config.status ] || ../configure -q; } && make -s -j"$(nproc)" all
) > "$build/log" 2>&1 || { tail -n 20 "$build/log" >&2; fail "the build failed"; }
echo "  built in $build"

folder=$(mktemp -d /var/tmp/millrace-demo.XXXXXX)
space=${folder##*/}
chmod 755 "$folder"
in_space() { ip netns exec "$space" "$@"; }

export PATH=$build:$PATH
cd "$folder"

cat > end <<-END
	#!/bin/bash
	# Ends the demonstration in $folder and takes all of it away.
	cd /
	[ ! -e $folder/spool/pid/master.pid ] || ip netns exec $space postfix -c $folder/postfix stop
	pids=\$(cat $folder/signer.pid $folder/nsd.pid)
	[ -z "\$pids" ] || kill \$pids
	for pid in \$pids; do timeout 20 tail --pid=\$pid -f /dev/null; done
	ip netns del $space
	rm -rf $folder /etc/netns/$space
	rmdir --ignore-fail-on-non-empty /etc/netns
END
chmod 755 end
clean_up() { ./end > /dev/null 2>&1 || true; }
trap clean_up EXIT
trap 'exit 1' INT TERM

# A network of its own: ports 25, 53 and 9811 are free there, and nobody outside hears of them.
ip netns add "$space"
ip -n "$space" link set lo up
ip -n "$space" address add 198.51.100.7/32 dev lo
mkdir -p "/etc/netns/$space"
echo "nameserver 127.0.0.1" > "/etc/netns/$space/resolv.conf"

wait_until() {
	for _ in $(seq 100); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.1
	done
	cat "$folder"/*.log >&2
	fail "waited 10 s for: $*"
}

start_nsd() {
	cat > "$folder/nsd.conf" <<-END
		server:
		    ip-address: 127.0.0.1@53
		    username: ""
		    database: ""
		    zonesdir: "$folder"
		    pidfile: "$folder/nsd.pid"
		    xfrdfile: "$folder/xfrd.state"
		    zonelistfile: "$folder/zone.list"
		    logfile: "$folder/nsd.log"
		    server-count: 1
		remote-control:
		    control-enable: no
		zone:
		    name: "demo.example"
		    zonefile: "demo.example.zone"
	END
	{
		echo '$TTL 5'
		echo '$ORIGIN demo.example.'
		echo "@ SOA ns postmaster $(date +%s) 3600 600 86400 5"
		echo "@ NS ns"
		echo "ns A 127.0.0.1"
		cat
	} > "$folder/demo.example.zone"
	in_space nsd -c "$folder/nsd.conf"
	wait_until in_space ss -Hlun "sport = :53"
}

start_postfix() {
	mkdir -p "$folder"/{postfix,spool/millrace,data,mailbox}
	chown postfix "$folder/data"
	chown nobody:nogroup "$folder/mailbox"
	cat > "$folder/postfix/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $folder/spool
		data_directory = $folder/data
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		maillog_file_prefixes = $folder
		maillog_file = $folder/postfix.log
		myhostname = mx.demo.example
		mydestination =
		alias_maps =
		mynetworks = 127.0.0.0/8
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		smtpd_peername_lookup = no
		virtual_mailbox_domains = static:all
		virtual_mailbox_base = $folder
		virtual_mailbox_maps = static:mailbox/
		virtual_minimum_uid = 1
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		smtpd_milters = unix:millrace/dkim-sign.sock
		non_smtpd_milters = \$smtpd_milters
		milter_default_action = tempfail
	END
	cat > "$folder/postfix/master.cf" <<-END
		25 inet n - y - - smtpd
		pickup unix n - y 60 1 pickup
		cleanup unix n - y - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - y - - trivial-rewrite
		bounce unix - - y - 0 bounce
		defer unix - - y - 0 bounce
		trace unix - - y - 0 bounce
		proxymap unix - - n - - proxymap
		virtual unix - n n - - virtual
		error unix - - y - - error
		retry unix - - y - - error
		anvil unix - - y - 1 anvil
		showq unix n - y - - showq
		postlog unix-dgram n - n - 1 postlogd
	END
	in_space postfix -c "$folder/postfix" start > /dev/null 2>&1
	wait_until grep -q "daemon started" "$folder/postfix.log"
}

start_signer() {
	# no function: its shell would stand between us and the process that has to be ended
	ip netns exec "$space" millrace-dkim-sign -c "$folder/dkim-sign.conf" \
		> "$folder/signer.log" 2>&1 &
	echo $! > "$folder/signer.pid"
	disown
	wait_until test -S "$folder/spool/millrace/dkim-sign.sock"
}

# send SOURCE-ADDRESS FROM SUBJECT TEXT: by SMTP to the private Postfix
send() {
	printf 'From: %s\r\nTo: Bob <bob@elsewhere.example>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@demo.example>\r\n\r\n%s\r\n' \
		"$2" "$3" "$(date -R)" "$RANDOM$RANDOM" "$4" |
		in_space curl -sS --interface "$1" smtp://127.0.0.1:25 \
			--mail-from "alice@demo.example" --mail-rcpt bob@elsewhere.example -T -
}

# delivered SUBJECT: the file of that message
delivered() { grep -lrs "^Subject: $1" "$folder/mailbox/new"; }

say "2. Keys: RSA 2048 and Ed25519, made for demo.example and put into DNS"
mkdir -p "$folder/keys" "$folder/spool/millrace"
cat > "$folder/dkim-sign.conf" <<-END
	listen        = "unix:$folder/spool/millrace/dkim-sign.sock";
	socket_group  = "postfix";
	socket_mode   = "0660";
	user          = "nobody";
	key_directory = "$folder/keys";
	domains       = ( { name = "demo.example"; } );
	resolver      = { servers = ["127.0.0.1@53"]; };
	metrics       = "inet:9811@127.0.0.1";
	log           = { to = "stderr"; level = "info"; };
END
shown millrace key generate -c dkim-sign.conf demo.example
shown millrace key record -c dkim-sign.conf demo.example
millrace key record -c dkim-sign.conf demo.example | start_nsd
echo "  (now they are in the zone file of the name server)"
shown millrace key rotate -c dkim-sign.conf demo.example
shown millrace key check -c dkim-sign.conf demo.example

say "3. The signer and a private Postfix, chrooted as Debian's, joined by a unix socket"
millrace-dkim-sign -t -c dkim-sign.conf > /dev/null
start_signer
start_postfix
shown grep milter postfix/main.cf

say "4. Three messages: from a client of ours, from the command line, from a stranger"
send 127.0.0.1 "Alice <alice@demo.example>" "By SMTP" "Hello Bob."
printf 'From: alice@demo.example\nTo: bob@elsewhere.example\nSubject: By command\n\nHello again.\n' |
	in_space sendmail -C "$folder/postfix" -t -i -f alice@demo.example
send 198.51.100.7 "Alice <alice@demo.example>" "Forged" "I am not Alice."
for subject in "By SMTP" "By command" "Forged"; do
	wait_until delivered "$subject"
done

say "5. What Bob received"
sed -n '/^DKIM-Signature/,/^Received/p' "$(delivered "By SMTP")" | sed '$d' | indented

say "6. What an independent verifier (python3-dkim, asking the name server) says of each"
cat > "$folder/verify.py" <<-'END'
	import sys
	import dkim

	for name in sys.argv[1:]:
	    text = open(name, "rb").read().replace(b"\n", b"\r\n")
	    message = text[text.index(b"\r\n", text.index(b"Delivered-To:")) + 2:]
	    subject = message.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
	    count = message.lower().count(b"\r\ndkim-signature:") + message.lower().startswith(b"dkim-s")
	    results = []
	    for index in range(count):
	        one = dkim.DKIM(message)
	        good = one.verify(idx=index)
	        algorithm = one.signature_fields[b"a"].decode()
	        results.append(algorithm + (" verified" if good else " DOES NOT VERIFY"))
	    print(f"{subject + ':':12} {', '.join(results) or 'not signed'}")
	    if (subject == "Forged") != (not results) or any("NOT" in result for result in results):
	        sys.exit(1)
END
in_space /usr/bin/python3 "$folder/verify.py" "$(delivered "By SMTP")" "$(delivered "By command")" \
	"$(delivered Forged)" > "$folder/verified" || { cat "$folder/verified"; fail "not as it should be"; }
sed "s/.*/    $green&$plain/" "$folder/verified"

say "7. The signer's log, a line a message"
sed -n 's/^[^ ]* [^ ]* info: \([0-9A-Za-z]*: \)/\1/p' signer.log | fold -s -w 110 | indented

say "8. Why, and how many"
printf 'From: alice@demo.example\nSubject: Why?\n\nText.\n' > message.eml
shown millrace sign explain -c dkim-sign.conf --client 127.0.0.1 message.eml | sed '/^ *$/,$d'
shown curl -sS http://127.0.0.1:9811/metrics | grep -E '\$|^ *millrace_(milter_messages|sign)'

say "Next"
cat <<-END
	  make -C build-demo install       installs below /usr/local; README.md says how for a system
	  README.md                        keys for your domain, Postfix and Sendmail
	  ./check.sh                       all tests
END

if $keep; then
	trap - EXIT
	cat <<-END

		${bold}Left running.${plain} Look around:
		  ip netns exec $space curl -s http://127.0.0.1:9811/metrics
		  ip netns exec $space curl -sT MESSAGE smtp://127.0.0.1 --mail-from alice@demo.example --mail-rcpt bob@x.example
		  ls $folder/mailbox/new; tail $folder/signer.log
		End it:
		  $folder/end
	END
fi
