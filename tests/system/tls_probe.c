/* SPDX-License-Identifier: MIT */
/*
 * tls_probe.c - our verifier and TLS client, driven by a test line by line.
 *
 *   verify NAME UNIX_S CHUNK CA CHAIN   a chain straight into the verifier
 *   connect NAME UNIX_S CA PORT         a handshake with 127.0.0.1:PORT
 *   anchors                             the built-in ones
 *
 * NAME - stands for none, CA - for the built-in anchors alone; CHAIN holds
 * certificates in DER, each behind four bytes of length, and is handed over in
 * pieces of CHUNK bytes.  Each command is answered by one line of key=value, an
 * anchor by one line each and "end".
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/ticks.h"
#include "tls/tls_priv.h"

#define FILE_MAX (256u * 1024u)
#define WAIT_MS  3000

static const char *const verdicts[] = {
	"fine",
	"untrusted",
	"expired",
	"wrong_name",
	"no_san",
	"weak",
	"wrong_usage",
	"unusable",
};

static struct tls_anchors anchors;
static struct tls_verifier verifier;
static uint8_t file[FILE_MAX];

static struct span
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	n = fread(file, 1, sizeof file, f);
	(void)fclose(f);
	return (struct span){ file, n };
}

/* False, and the answer is given, when the CA file is refused. */
static bool
load_ca(const char *path)
{
	struct tls_ca_fault fault;
	enum st st;

	tls_anchors_init(&anchors);
	if (strcmp(path, "-") == 0)
		return true;
	st = tls_anchors_add_pem(&anchors, read_file(path), &fault);
	if (st == ST_OK)
		return true;
	printf("verdict=ca_refused block=%u text=%s\n", fault.certificate,
	    fault.text);
	return false;
}

static const char *
name_of(const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : word;
}

static void
push_cert(struct span cert, size_t chunk)
{
	const br_x509_class **x = &verifier.vtable;
	struct span piece;

	(*x)->start_cert(x, (uint32_t)cert.n);
	while (cert.n > 0 &&
	    span_take(&cert, cert.n < chunk ? cert.n : chunk, &piece)) {
		/* a copy of its own size, so that ASan sees an overrun */
		uint8_t *copy = malloc(piece.n);

		if (copy == NULL)
			exit(2);
		memcpy(copy, piece.p, piece.n);
		(*x)->append(x, copy, piece.n);
		free(copy);
	}
	(*x)->end_cert(x);
}

static void
verify(char **words)
{
	const br_x509_class **x = &verifier.vtable;
	size_t chunk = strtoul(words[3], NULL, 10);
	unsigned err, usages = 0;
	struct span chain, head, cert;
	bool key;

	if (!load_ca(words[4]))
		return;
	tls_verifier_init(&verifier, &anchors,
	    ticks_from_unix_s(strtoll(words[2], NULL, 10)));
	chain = read_file(words[5]);
	(*x)->start_chain(x, name_of(words[1]));
	while (span_take(&chain, 4, &head)) {
		size_t n = (size_t)head.p[0] << 24 | (size_t)head.p[1] << 16 |
		    (size_t)head.p[2] << 8 | head.p[3];

		if (!span_take(&chain, n, &cert))
			exit(2);
		push_cert(cert, chunk);
	}
	err = (*x)->end_chain(x);
	key = (*x)->get_pkey(x, &usages) != NULL;
	printf("verdict=%s err=%u key=%s text=%s\n", verdicts[verifier.verdict],
	    err, key ? "yes" : "no", tls_verdict_text(verifier.verdict));
}

static int
dial(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval wait = { WAIT_MS / 1000, WAIT_MS % 1000 * 1000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		perror("connect");
		exit(2);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	return fd;
}

/* One step of the engine; false at its end or that of the connection. */
static bool
pump(br_ssl_engine_context *eng, int fd)
{
	unsigned state = br_ssl_engine_current_state(eng);
	ssize_t done;
	size_t n;
	uint8_t *p;

	if ((state & BR_SSL_SENDREC) != 0) {
		p = br_ssl_engine_sendrec_buf(eng, &n);
		done = send(fd, p, n, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		br_ssl_engine_sendrec_ack(eng, (size_t)done);
	} else if ((state & BR_SSL_RECVAPP) != 0) {
		(void)br_ssl_engine_recvapp_buf(eng, &n);
		br_ssl_engine_recvapp_ack(eng, n);
	} else if ((state & BR_SSL_RECVREC) != 0) {
		p = br_ssl_engine_recvrec_buf(eng, &n);
		done = recv(fd, p, n, 0);
		if (done <= 0)
			return false;
		br_ssl_engine_recvrec_ack(eng, (size_t)done);
	} else {
		return false;
	}
	return true;
}

static void
connect_to(char **words)
{
	static br_ssl_client_context client;
	static br_x509_minimal_context unused;
	static uint8_t buffer[BR_SSL_BUFSIZE_BIDI];
	br_ssl_engine_context *eng = &client.eng;
	uint8_t random48[TLS_RANDOM_BYTES];
	bool connected = false;
	unsigned chains = 1;
	int fd;

	if (!load_ca(words[3]))
		return;
	if (getrandom(random48, sizeof random48, 0) != sizeof random48)
		exit(2);
	/* as libcurl does it before it calls us */
	br_ssl_client_init_full(&client, &unused, NULL, 0);
	br_ssl_engine_set_buffer(eng, buffer, sizeof buffer, 1);
	tls_client_harden(&client, &verifier, &anchors,
	    ticks_from_unix_s(strtoll(words[2], NULL, 10)), random48);
	fd = dial(words[4]);
	if (br_ssl_client_reset(&client, name_of(words[1]), 0) == 0)
		exit(2);
	while (pump(eng, fd)) {
		if (connected ||
		    (br_ssl_engine_current_state(eng) & BR_SSL_SENDAPP) == 0)
			continue;
		connected = true;
		/* A renegotiation begins a chain and sets it back. */
		verifier.count = TLS_CHAIN_MAX_COUNT + 1;
	}
	if (connected && verifier.count <= TLS_CHAIN_MAX_COUNT)
		chains = 2;
	(void)close(fd);
	printf("verdict=%s err=%d connected=%s chains=%u version=%04x "
	       "suite=%04x curve=%d\n",
	    verdicts[verifier.verdict], br_ssl_engine_last_error(eng),
	    connected ? "yes" : "no", chains, br_ssl_engine_get_version(eng),
	    eng->session.cipher_suite, eng->ecdhe_curve);
}

static void
print_hex(const char *key, const unsigned char *p, size_t n)
{
	printf(" %s=", key);
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
}

static void
print_anchors(void)
{
	tls_anchors_init(&anchors);
	for (size_t i = 0; i < anchors.count; i++) {
		const br_x509_trust_anchor *ta = &anchors.ta[i];
		const br_x509_pkey *key = &ta->pkey;

		printf("flags=%u", ta->flags);
		print_hex("dn", ta->dn.data, ta->dn.len);
		if (key->key_type == BR_KEYTYPE_RSA) {
			print_hex("n", key->key.rsa.n, key->key.rsa.nlen);
			print_hex("e", key->key.rsa.e, key->key.rsa.elen);
		} else {
			printf(" curve=%d", key->key.ec.curve);
			print_hex("q", key->key.ec.q, key->key.ec.qlen);
		}
		printf("\n");
	}
	printf("end\n");
}

int
main(void)
{
	char line[4096];
	char *words[8];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = line;
		size_t n = 0;

		line[strcspn(line, "\n")] = '\0';
		while (rest != NULL && n < 8)
			words[n++] = strsep(&rest, " ");
		if (n == 6 && strcmp(words[0], "verify") == 0)
			verify(words);
		else if (n == 5 && strcmp(words[0], "connect") == 0)
			connect_to(words);
		else if (n == 1 && strcmp(words[0], "anchors") == 0)
			print_anchors();
		else
			printf("what?\n");
		(void)fflush(stdout);
	}
	return 0;
}
