/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys' process must not do, tried from inside its jail; and that it may sign there. */
#include "base/jail_attempts.h"
#include "base/tls_scene.h"
#include "keys/keys.h"
#include "keys/ring.h"

#include <pwd.h>
#include <sys/mman.h>

static struct scene_identity rsa, ec;
static int files[2];

static int sign_with(struct slice secret, int file, enum tls_scheme scheme)
{
	struct tls_question question = { .scheme = scheme, .digest_length = 32 };
	struct ring ring = { 0 };
	struct buffer signature;
	char why[TLS_WHY];

	(void)secret;
	buffer_init(&signature, TLS_SIGNATURE_MOST);
	if (ring_read(&ring, file, why) != OK)
		return 1;
	ring_turn(&ring);
	memcpy(question.key, tls_key_name(ring.now.keys[0]), TLS_KEY_ID);
	return ring_sign(&ring, &question, &signature) == OK ? 0 : 2;
}

static int sign_rsa(void) { return sign_with(rsa.secret, files[0], TLS_PSS_SHA256); }
static int sign_ec(void)  { return sign_with(ec.secret, files[1], TLS_ECDSA_SHA256); }
static int talk(void)     { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int talk_here(void) { return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1; }

static const struct jail_attempt attempts[] = {
	{ "may read a key it was handed, and sign (RSA)", sign_rsa, 0 },
	{ "may read a key it was handed, and sign (EC)", sign_ec, 0 },
	{ "cannot open a file: no such call", act_open, SIGSYS },
	{ "cannot make a socket", talk, SIGSYS },
	{ "cannot make a UNIX socket", talk_here, SIGSYS },
};

static int file_of(struct slice text)
{
	int fd = memfd_create("key", MFD_CLOEXEC);

	scene_must(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

int main(void)
{
	static const char *const rows[] = { JAIL_STATUS_ALWAYS };
	struct jail jail = keys_jail;
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	rsa = scene_make("rsa.example", 2048, NULL);
	ec = scene_make("ec.example", 0, NULL);
	files[0] = file_of(rsa.secret);
	files[1] = file_of(ec.secret);
	if (geteuid() == 0 && getpwnam(jail.user) == NULL) {
		printf("note: no user %s here, nobody stands in\n", jail.user);
		jail.user = "nobody";
	}
	CHECK(jail_plan_init(&plan, &jail, false, report) == OK, "the jail's user is found");
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_ALWAYS, NULL);
	jail_check_status(&plan, NULL, rows, COUNT_OF(rows));
	return TEST_END();
}
