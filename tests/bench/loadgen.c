/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load generator that speaks the milter protocol (version 6) as Postfix does: a macro packet
 * before each command and header field, body chunks of 65,535 bytes, writes of at most 4,096
 * bytes on a unix socket, no waiting where the filter negotiated that it does not reply.
 * Prints one JSON object: messages a second, latencies, and, with --pid, the CPU time a
 * message and the peak memory of the filter's process.
 */

#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_MAX 65535u
#define UNIX_WRITE_MAX 4096u
#define REPLY_MAX (1024u * 1024)

enum {
	NO_CONNECT = 0x1,
	NO_HELO = 0x2,
	NO_MAIL = 0x4,
	NO_RCPT = 0x8,
	NO_BODY = 0x10,
	NO_HEADER = 0x20,
	NO_EOH = 0x40,
	NR_HEADER = 0x80,
	NO_DATA = 0x200,
	NR_CONNECT = 0x1000,
	NR_HELO = 0x2000,
	NR_MAIL = 0x4000,
	NR_RCPT = 0x8000,
	NR_DATA = 0x10000,
	NR_EOH = 0x40000,
	NR_BODY = 0x80000
};

static struct {
	char *socket, *message, *user, *sender;
	int connections, messages, per_connection, pid;
} options = { .connections = 1, .messages = 1000, .per_connection = 1 };

struct field {
	char *name, *value;
};

static struct {
	GPtrArray *fields;
	char *body;
	size_t body_length;
} corpus;

static atomic_int next_message;
static atomic_int failures;
static atomic_int edits;

struct client {
	int fd;
	guint32 steps;	 /* what was negotiated */
	GByteArray *out; /* written when a reply is needed, or when full */
	GByteArray *reply;
	GArray *latencies; /* double, seconds */
	bool broken;
};

static void flush(struct client *client)
{
	size_t at = 0;
	size_t most = options.socket[0] == '/' ? UNIX_WRITE_MAX : G_MAXSSIZE;

	while (at < client->out->len && !client->broken) {
		ssize_t n =
			write(client->fd, client->out->data + at, MIN(client->out->len - at, most));

		if (n <= 0)
			client->broken = true;
		else
			at += (size_t)n;
	}
	g_byte_array_set_size(client->out, 0);
}

static void put(struct client *client, const void *bytes, size_t length)
{
	g_byte_array_append(client->out, bytes, (guint)length);
	if (client->out->len >= UNIX_WRITE_MAX)
		flush(client);
}

static void send_packet(struct client *client, char command, const void *data, size_t length)
{
	guint32 size = g_htonl((guint32)length + 1);

	put(client, &size, sizeof(size));
	put(client, &command, 1);
	put(client, data, length);
}

static bool read_exactly(struct client *client, void *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		ssize_t n = read(client->fd, (char *)bytes + at, length - at);

		if (n <= 0) {
			client->broken = true;
			return false;
		}
		at += (size_t)n;
	}
	return true;
}

/* The command byte of the next reply, 0 when the connection broke; data in client->reply. */
static char read_reply(struct client *client)
{
	guint32 size;

	flush(client);
	if (client->broken || !read_exactly(client, &size, sizeof(size)))
		return 0;
	size = g_ntohl(size);
	if (size == 0 || size > REPLY_MAX) {
		client->broken = true;
		return 0;
	}
	g_byte_array_set_size(client->reply, size);
	return read_exactly(client, client->reply->data, size) ? (char)client->reply->data[0] : 0;
}

/*
 * Sends a command unless the filter does not want it, and takes its reply unless there is none.
 * True: go on.
 */
static bool command(struct client *client, char name, const void *data, size_t length,
		    guint32 unwanted, guint32 silent)
{
	if (client->steps & unwanted)
		return true;
	send_packet(client, name, data, length);
	if (client->steps & silent)
		return !client->broken;
	return read_reply(client) == 'c';
}

static void macros(struct client *client, char stage, const char *const *pairs)
{
	GString *data = g_string_new(NULL);

	g_string_append_c(data, stage);
	for (; *pairs != NULL; pairs++)
		g_string_append_len(data, *pairs, (gssize)strlen(*pairs) + 1);
	send_packet(client, 'D', data->str, data->len);
	g_string_free(data, TRUE);
}

static bool negotiate(struct client *client)
{
	guint32 offer[3] = { g_htonl(6), g_htonl(0x1ff), g_htonl(0x1fffff) };
	guint32 answer[3];

	client->steps = 0;
	send_packet(client, 'O', offer, sizeof(offer));
	if (read_reply(client) != 'O' || client->reply->len < 1 + sizeof(answer))
		return false;
	memcpy(answer, client->reply->data + 1, sizeof(answer));
	client->steps = g_ntohl(answer[2]);
	return true;
}

static int connect_socket(void)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET,
				    .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK) };
	bool is_unix = options.socket[0] == '/';
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
	int on = 1;

	g_strlcpy(local.sun_path, options.socket, sizeof(local.sun_path));
	inet.sin_port = g_htons((guint16)g_ascii_strtoull(options.socket, NULL, 10));
	if (!is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, is_unix ? (struct sockaddr *)&local : (struct sockaddr *)&inet,
		    is_unix ? sizeof(local) : sizeof(inet)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool begin_connection(struct client *client)
{
	static const char *const at_connect[] = {
		"j", "mx.example.org", "{daemon_name}", "smtpd", "v", "Postfix", NULL
	};
	static const char peer[] = "client.example.net\0"
				   "4\x9c\x40"
				   "127.0.0.1";

	client->broken = false;
	g_byte_array_set_size(client->out, 0);
	client->fd = connect_socket();
	if (client->fd < 0 || !negotiate(client))
		return false;
	macros(client, 'C', at_connect);
	return command(client, 'C', peer, sizeof(peer), NO_CONNECT, NR_CONNECT) &&
	       command(client, 'H', "client.example.net", 19, NO_HELO, NR_HELO);
}

static bool envelope(struct client *client, const char *queue_id)
{
	const char *at_mail[] = { "{mail_addr}", options.sender, "{auth_authen}",
				  options.user,	 "{auth_type}",	 "PLAIN",
				  NULL };
	const char *at_rcpt[] = { "{rcpt_addr}", "someone@example.net", "{rcpt_mailer}", "smtp",
				  NULL };
	const char *at_data[] = { "i", queue_id, NULL };
	g_autofree char *path = g_strdup_printf("<%s>", options.sender);

	if (options.user[0] == '\0')
		at_mail[2] = NULL;
	macros(client, 'M', at_mail);
	if (!command(client, 'M', path, strlen(path) + 1, NO_MAIL, NR_MAIL))
		return false;
	macros(client, 'R', at_rcpt);
	if (!command(client, 'R', "<someone@example.net>", 22, NO_RCPT, NR_RCPT))
		return false;
	macros(client, 'T', at_data);
	return command(client, 'T', NULL, 0, NO_DATA, NR_DATA);
}

static bool header(struct client *client, const char *queue_id)
{
	const char *id[] = { "i", queue_id, NULL };

	for (guint i = 0; i < corpus.fields->len && !(client->steps & NO_HEADER); i++) {
		const struct field *field = g_ptr_array_index(corpus.fields, i);
		GString *data = g_string_new(NULL);
		bool ok;

		g_string_append_len(data, field->name, (gssize)strlen(field->name) + 1);
		g_string_append_len(data, field->value, (gssize)strlen(field->value) + 1);
		macros(client, 'L', id);
		ok = command(client, 'L', data->str, data->len, NO_HEADER, NR_HEADER);
		g_string_free(data, TRUE);
		if (!ok)
			return false;
	}
	macros(client, 'N', id);
	return command(client, 'N', NULL, 0, NO_EOH, NR_EOH);
}

static bool body(struct client *client)
{
	for (size_t at = 0; at < corpus.body_length && !(client->steps & NO_BODY);
	     at += CHUNK_MAX) {
		if (!command(client, 'B', corpus.body + at, MIN(CHUNK_MAX, corpus.body_length - at),
			     NO_BODY, NR_BODY))
			return false;
	}
	return true;
}

/* Takes edits until the verdict; only "continue" and "accept" count as well done. */
static bool end(struct client *client, const char *queue_id)
{
	const char *id[] = { "i", queue_id, NULL };
	char reply;

	macros(client, 'E', id);
	send_packet(client, 'E', NULL, 0);
	while ((reply = read_reply(client)) != 0 && strchr("hitmqe+-2bp", reply) != NULL)
		atomic_fetch_add(&edits, 1);
	return reply == 'c' || reply == 'a';
}

static bool one_message(struct client *client, int number)
{
	g_autofree char *queue_id = g_strdup_printf("4Bench%06d", number);
	gint64 start = g_get_monotonic_time();
	double seconds;
	bool ok = envelope(client, queue_id) && header(client, queue_id) && body(client) &&
		  end(client, queue_id);

	seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
	g_array_append_val(client->latencies, seconds);
	if (!ok)
		atomic_fetch_add(&failures, 1);
	return ok;
}

static void *run_client(void *latencies)
{
	struct client client = { .out = g_byte_array_new(),
				 .reply = g_byte_array_new(),
				 .latencies = latencies };
	int number;

	while ((number = atomic_fetch_add(&next_message, 1)) < options.messages) {
		int left = options.per_connection;

		if (!begin_connection(&client)) {
			atomic_fetch_add(&failures, 1);
			if (client.fd >= 0)
				close(client.fd);
			continue;
		}
		while (one_message(&client, number) && --left > 0 &&
		       (number = atomic_fetch_add(&next_message, 1)) < options.messages)
			;
		send_packet(&client, 'Q', NULL, 0);
		flush(&client);
		close(client.fd);
	}
	g_byte_array_free(client.out, TRUE);
	g_byte_array_free(client.reply, TRUE);
	return NULL;
}

static void add_field(const char *line, size_t length)
{
	struct field *field = g_new0(struct field, 1);
	const char *colon = memchr(line, ':', length);

	g_assert(colon != NULL);
	field->name = g_strndup(line, (gsize)(colon - line));
	field->value = g_strndup(colon + 1, length - (gsize)(colon - line) - 1);
	g_ptr_array_add(corpus.fields, field);
}

/* An LF message file: header values keep LF folds, the body gets CRLF. */
static bool load_corpus(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	const char *at, *stop;

	if (!g_file_get_contents(options.message, &text, NULL, NULL))
		return false;
	corpus.fields = g_ptr_array_new();
	for (at = text; *at != '\n' && *at != '\0'; at = stop + 1) {
		stop = strchr(at, '\n');
		while (stop != NULL && (stop[1] == ' ' || stop[1] == '\t'))
			stop = strchr(stop + 1, '\n');
		if (stop == NULL)
			return false;
		add_field(at, (size_t)(stop - at));
	}
	lines = g_strsplit(*at == '\0' ? at : at + 1, "\n", -1);
	corpus.body = g_strjoinv("\r\n", lines);
	corpus.body_length = strlen(corpus.body);
	return true;
}

static double cpu_seconds(void)
{
	struct timespec time = { 0 };
	clockid_t clock;

	if (options.pid > 0 && clock_getcpuclockid(options.pid, &clock) == 0)
		clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long peak_kilobytes(void)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", options.pid);
	g_autofree char *text = NULL;
	const char *line;

	if (options.pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	line = strstr(text, "VmHWM:");
	return line == NULL ? 0 : strtol(line + 6, NULL, 10);
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const GArray *sorted, double share)
{
	guint at = (guint)(share * (sorted->len - 1));

	return sorted->len == 0 ? 0 : g_array_index(sorted, double, at);
}

static void print_result(GArray *all, double wall, double cpu)
{
	g_array_sort(all, compare_doubles);
	printf("{\"messages\": %d, \"failures\": %d, \"edits\": %d, \"seconds\": %.4f, "
	       "\"messages_per_second\": %.1f, \"cpu_us_per_message\": %.2f, "
	       "\"latency_ms\": {\"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f}, "
	       "\"peak_rss_kb\": %ld}\n",
	       options.messages, atomic_load(&failures), atomic_load(&edits), wall,
	       options.messages / wall, cpu * 1e6 / options.messages, percentile(all, 0.5) * 1e3,
	       percentile(all, 0.95) * 1e3, percentile(all, 0.99) * 1e3, peak_kilobytes());
}

static bool read_options(int *argc, char ***argv)
{
	const GOptionEntry entries[] = {
		{ "socket", 0, 0, G_OPTION_ARG_STRING, &options.socket,
		  "/PATH, or a port on 127.0.0.1", "S" },
		{ "message", 0, 0, G_OPTION_ARG_STRING, &options.message, "message file, LF lines",
		  "F" },
		{ "user", 0, 0, G_OPTION_ARG_STRING, &options.user,
		  "SASL user (default: bench; '': none)", "U" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &options.sender, "envelope sender", "A" },
		{ "connections", 0, 0, G_OPTION_ARG_INT, &options.connections, "at a time", "N" },
		{ "messages", 0, 0, G_OPTION_ARG_INT, &options.messages, "in all", "N" },
		{ "per-connection", 0, 0, G_OPTION_ARG_INT, &options.per_connection, "messages",
		  "N" },
		{ "pid", 0, 0, G_OPTION_ARG_INT, &options.pid, "the filter's process", "PID" },
		{ NULL },
	};
	GOptionContext *context = g_option_context_new(NULL);
	bool ok;

	g_option_context_add_main_entries(context, entries, NULL);
	ok = g_option_context_parse(context, argc, argv, NULL);
	g_option_context_free(context);
	if (options.user == NULL)
		options.user = g_strdup("bench");
	if (options.sender == NULL)
		options.sender = g_strdup("news@example.com");
	return ok && options.socket != NULL && options.message != NULL && options.connections > 0 &&
	       options.messages > 0;
}

int main(int argc, char **argv)
{
	g_autofree GThread **threads = NULL;
	g_autofree GArray **latencies = NULL;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(double));
	double cpu, start;

	if (!read_options(&argc, &argv) || !load_corpus()) {
		fprintf(stderr, "loadgen: --socket and --message (a readable file) are needed; see "
				"--help\n");
		return 64;
	}
	threads = g_new0(GThread *, options.connections);
	latencies = g_new0(GArray *, options.connections);
	cpu = cpu_seconds();
	start = (double)g_get_monotonic_time() / G_USEC_PER_SEC;
	for (int i = 0; i < options.connections; i++) {
		latencies[i] = g_array_new(FALSE, FALSE, sizeof(double));
		threads[i] = g_thread_new("client", run_client, latencies[i]);
	}
	for (int i = 0; i < options.connections; i++) {
		g_thread_join(threads[i]);
		g_array_append_vals(all, latencies[i]->data, latencies[i]->len);
		g_array_unref(latencies[i]);
	}
	print_result(all, (double)g_get_monotonic_time() / G_USEC_PER_SEC - start,
		     cpu_seconds() - cpu);
	return atomic_load(&failures) == 0 ? 0 : 1;
}
