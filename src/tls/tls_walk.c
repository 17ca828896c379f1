/* SPDX-License-Identifier: MIT */
/*
 * tls_walk.c - four facts of a certificate, without keeping the certificate.
 *
 * A certificate is a tree of elements, each with tag, length and contents.  The
 * walk goes down only where a fact can be and skips the rest unread:
 *
 *   Certificate SEQUENCE
 *     TBS SEQUENCE
 *       version, serial                      skipped
 *       signature SEQUENCE { OID ...         -> WEAK_HASH
 *       issuer, validity, subject, key ...   skipped
 *       [3] { SEQUENCE {                     extensions, the last field
 *         SEQUENCE { OID,                    -> SAN, EKU
 *                    critical,               skipped
 *                    OCTET STRING {          entered for the EKU only
 *                      SEQUENCE { OID ...    -> EKU_SERVER, EKU_ANY
 *     algorithm, signature                   skipped
 *
 * That picture is the table `rules`.  The stack holds for each open element
 * which one it is and where it ends; nothing may end behind its parent.
 *
 * Why absence can be believed: whatever does not fit (an unknown element where
 * the table lists one, an indefinite length, an end in the wrong place, a
 * second EKU) stops the walk for good, and then it is not complete.
 */
#include "tls/tls_priv.h"

#include <string.h>

enum step { AT_TAG, AT_LENGTH, AT_LENGTH_OCTET, IN_SKIPPED, IN_OID, BROKEN };

/* What an open element is; what may stand in it is in the tables below. */
enum place {
	BYTES, /* the certificate's bytes as they came */
	CERT,
	TBS, /* up to its signature algorithm */
	ALGORITHM,
	FIELDS, /* TBS behind that */
	TAGGED, /* [3] */
	EXTENSIONS,
	EXTENSION, /* up to its OID */
	EKU,       /* extension behind the OID of an extended key usage */
	EKU_VALUE, /* its OCTET STRING */
	EKU_LIST,
	REST, /* nothing of interest follows */
	END,  /* nothing at all may follow */
};

#define TAG_OID      0x06u
#define TAG_OCTETS   0x04u
#define TAG_SEQUENCE 0x30u
#define TAG_3        0xa3u

/* In `in` an element with `tag` is entered as `child`, or read where it is an
 * OID; `in` is then `next`. */
static const struct rule {
	uint8_t in, tag, child, next;
} rules[] = {
	{ BYTES, TAG_SEQUENCE, CERT, END },
	{ CERT, TAG_SEQUENCE, TBS, REST },
	{ TBS, TAG_SEQUENCE, ALGORITHM, FIELDS },
	{ ALGORITHM, TAG_OID, 0, REST },
	{ FIELDS, TAG_3, TAGGED, END },
	{ TAGGED, TAG_SEQUENCE, EXTENSIONS, END },
	{ EXTENSIONS, TAG_SEQUENCE, EXTENSION, EXTENSIONS },
	{ EXTENSION, TAG_OID, 0, REST },
	{ EKU, TAG_OCTETS, EKU_VALUE, END },
	{ EKU_VALUE, TAG_SEQUENCE, EKU_LIST, END },
	{ EKU_LIST, TAG_OID, 0, EKU_LIST },
};

/* Places where an element without a rule is skipped; elsewhere it is wrong. */
#define SKIPS (1u << TBS | 1u << FIELDS | 1u << EKU | 1u << REST)

static const struct known {
	uint8_t in, fact, n;
	uint8_t oid[TLS_OID_MAX_BYTES];
} known[] = {
	/* 1.2.840.113549.1.1: 2 MD2, 4 MD5, 5 SHA-1, each with RSA */
	{ ALGORITHM, TLS_FACT_WEAK_HASH, 9,
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2 } },
	{ ALGORITHM, TLS_FACT_WEAK_HASH, 9,
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4 } },
	{ ALGORITHM, TLS_FACT_WEAK_HASH, 9,
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5 } },
	/* 1.2.840.10045.4.1: ECDSA with SHA-1 */
	{ ALGORITHM, TLS_FACT_WEAK_HASH, 7,
	    { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 } },
	/* 2.5.29.17 and .37 */
	{ EXTENSION, TLS_FACT_SAN, 3, { 0x55, 0x1d, 17 } },
	{ EXTENSION, TLS_FACT_EKU, 3, { 0x55, 0x1d, 37 } },
	/* 1.3.6.1.5.5.7.3.1 */
	{ EKU_LIST, TLS_FACT_EKU_SERVER, 8, { 0x2b, 6, 1, 5, 5, 7, 3, 1 } },
	/* 2.5.29.37.0 */
	{ EKU_LIST, TLS_FACT_EKU_ANY, 4, { 0x55, 0x1d, 37, 0 } },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
tls_walk_init(struct tls_walk *walk, uint32_t n)
{
	memset(walk, 0, sizeof *walk);
	walk->end[0] = n;
	walk->in[0] = BYTES;
	walk->step = AT_TAG;
}

/* An element has ended: so have all those that end with it. */
static void
close_element(struct tls_walk *walk)
{
	while (walk->depth > 0 && walk->pos == walk->end[walk->depth])
		walk->depth--;
	walk->step = AT_TAG;
}

static void
open_element(struct tls_walk *walk, const struct rule *rule)
{
	walk->in[walk->depth] = rule->next;
	if (walk->depth + 1u == TLS_DER_DEPTH_MAX) {
		walk->step = BROKEN;
		return;
	}
	walk->depth++;
	walk->in[walk->depth] = rule->child;
	walk->end[walk->depth] = walk->pos + walk->n;
	close_element(walk);
}

/* An OID has been read. */
static void
judge_oid(struct tls_walk *walk)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct known *k = &known[i];

		if (k->in != walk->oid_in || k->n != walk->oid_n ||
		    memcmp(k->oid, walk->oid, k->n) != 0)
			continue;
		if (k->fact == TLS_FACT_EKU) {
			if ((walk->facts & TLS_FACT_EKU) != 0) {
				walk->step = BROKEN;
				return;
			}
			walk->in[walk->depth] = EKU;
		}
		walk->facts |= k->fact;
	}
}

static void
start_contents(struct tls_walk *walk, enum step step)
{
	walk->step = (uint8_t)step;
	if (walk->n == 0)
		close_element(walk);
}

/* Tag and length are known, the contents come next. */
static void
begin_element(struct tls_walk *walk)
{
	const struct rule *rule = NULL;
	uint8_t in = walk->in[walk->depth];
	enum step step;

	if (walk->n > walk->end[walk->depth] - walk->pos) {
		walk->step = BROKEN;
		return;
	}
	for (size_t i = 0; i < COUNT(rules) && rule == NULL; i++)
		if (rules[i].in == in && rules[i].tag == walk->tag)
			rule = &rules[i];
	if (rule == NULL) {
		if ((SKIPS >> in & 1u) != 0)
			start_contents(walk, IN_SKIPPED);
		else
			walk->step = BROKEN;
	} else if (rule->tag != TAG_OID) {
		open_element(walk, rule);
	} else {
		/* a longer one than all that are known is skipped */
		walk->in[walk->depth] = rule->next;
		walk->oid_in = in;
		walk->oid_n = 0;
		step = walk->n > TLS_OID_MAX_BYTES ? IN_SKIPPED : IN_OID;
		start_contents(walk, step);
	}
}

/* One byte of tag or length. */
static void
step_head(struct tls_walk *walk, uint8_t byte)
{
	if (walk->pos == walk->end[walk->depth]) {
		walk->step = BROKEN;
		return;
	}
	walk->pos++;
	if (walk->step == AT_TAG) {
		walk->tag = byte;
		/* tag numbers above 30 are not in a certificate */
		walk->step = (byte & 0x1fu) == 0x1fu ? BROKEN : AT_LENGTH;
	} else if (walk->step == AT_LENGTH && byte < 0x80u) {
		walk->n = byte;
		begin_element(walk);
	} else if (walk->step == AT_LENGTH) {
		/* 0x80 is the indefinite length; TLS has 24 bits for one */
		walk->n = 0;
		walk->octets = byte & 0x7fu;
		walk->step = AT_LENGTH_OCTET;
		if (walk->octets == 0 || walk->octets > 3)
			walk->step = BROKEN;
	} else {
		walk->n = walk->n << 8 | byte;
		if (--walk->octets == 0)
			begin_element(walk);
	}
}

/* Contents that are skipped or collected. */
static void
step_contents(struct tls_walk *walk, struct span bytes)
{
	if (walk->step == IN_OID) {
		memcpy(walk->oid + walk->oid_n, bytes.p, bytes.n);
		walk->oid_n = (uint8_t)(walk->oid_n + bytes.n);
	}
	walk->pos += (uint32_t)bytes.n;
	walk->n -= (uint32_t)bytes.n;
	if (walk->n > 0)
		return;
	if (walk->step == IN_OID)
		judge_oid(walk);
	if (walk->step != BROKEN)
		close_element(walk);
}

void
tls_walk_push(struct tls_walk *walk, struct span bytes)
{
	struct span piece;

	while (bytes.n > 0 && walk->step != BROKEN) {
		bool head = walk->step < IN_SKIPPED;
		size_t n = head ? 1 : walk->n < bytes.n ? walk->n : bytes.n;

		if (!span_take(&bytes, n, &piece))
			return;
		if (head)
			step_head(walk, piece.p[0]);
		else
			step_contents(walk, piece);
	}
}

bool
tls_walk_is_complete(const struct tls_walk *walk)
{
	return walk->step == AT_TAG && walk->depth == 0 && walk->pos > 0 &&
	    walk->pos == walk->end[0];
}
