/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a message, by whom it is signed or encrypted, and by whom it is encrypted. */
#include "mail/message/seals.h"

#include "base/buffer.h"
#include "base/test.h"

#include <string.h>

#define CMS(parameters) "Content-Type: application/pkcs7-mime" parameters "\r\n\r\nx"
#define BASE64 "Content-Transfer-Encoding: base64\r\n\r\n"
#define ENVELOPED "MIAGCSqGSIb3DQEHA6CA"
#define SIGNED "MIID6AYJKoZIhvcNAQcCoIID2Q=="
#define AUTHENTICATED "MIAGCyqGSIb3DQEJEAEXoIA="
#define ARMOR "-----BEGIN PGP MESSAGE-----\r\n"
#define ARMOR_BASE64 "LS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0tDQo=\r\n"

static const struct row { const char *about; struct slice message; unsigned seals, encrypted; } rows[] = {
	{ "a text", LIT("A: b\r\n\r\nx"), 0, 0 },
	{ "S/MIME that does not say what it is is encrypted", LIT(CMS("")), SEAL_SMIME, SEAL_SMIME },
	{ "signed-data is not", LIT(CMS("; smime-type=Signed-Data")), SEAL_SMIME, 0 },
	{ "a name says nothing of it", LIT(CMS("; smime-type=enveloped-data; name=\"signed-data.p7m\"")), SEAL_SMIME, SEAL_SMIME },
	{ "nor does a comment", LIT(CMS("; smime-type=enveloped-data (signed-data)")), SEAL_SMIME, SEAL_SMIME },
	{ "nor one of two types", LIT(CMS("; smime-type=signed-data; smime-type=enveloped-data")), SEAL_SMIME, SEAL_SMIME },
	{ "a word that begins so is none of them", LIT(CMS("; smime-type=signed-data-not")), SEAL_SMIME, SEAL_SMIME },
	{ "bytes that are encrypted, whatever is said of them",
	  LIT("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n" BASE64 ENVELOPED), SEAL_SMIME, SEAL_SMIME },
	{ "authenticated besides", LIT("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n" BASE64 AUTHENTICATED),
	  SEAL_SMIME, SEAL_SMIME },
	{ "bytes that are signed", LIT("Content-Type: application/pkcs7-mime\r\n" BASE64 SIGNED), SEAL_SMIME, 0 },
	{ "a file of S/MIME", LIT("Content-Type: application/octet-stream; name=smime.p7m\r\n\r\nx"), SEAL_SMIME, SEAL_SMIME },
	{ "one that is a signed document", LIT("Content-Type: application/octet-stream; name=a.pdf.P7M\r\n" BASE64 SIGNED),
	  SEAL_SMIME, 0 },
	{ "encrypted bytes of any type and name", LIT("Content-Type: application/x; name=a\r\n" BASE64 ENVELOPED), SEAL_SMIME,
	  SEAL_SMIME },
	{ "other bytes", LIT("Content-Type: application/octet-stream; name=a.p7mx\r\n\r\nx"), 0, 0 },
	{ "PGP in a text", LIT("A: b\r\n\r\n" ARMOR), SEAL_PGP, SEAL_PGP },
	{ "in one of base64", LIT(BASE64 ARMOR_BASE64), SEAL_PGP, SEAL_PGP },
	{ "in one that does not say that it is base64", LIT("A: b\r\n\r\n" ARMOR_BASE64), SEAL_PGP, SEAL_PGP },
	{ "in one of quoted-printable", LIT("Content-Transfer-Encoding: quoted-printable\r\n\r\n--=2D--BEGIN=20PG=\r\nP MESSAGE-----"),
	  SEAL_PGP, SEAL_PGP },
	{ "in a part of another type", LIT("Content-Type: application/octet-stream\r\n" BASE64 ARMOR_BASE64), 0, SEAL_PGP },
	{ "a piece of several", LIT("A: b\r\n\r\n-----BEGIN PGP MESSAGE, PART 1/2-----"), SEAL_PGP, SEAL_PGP },
	{ "signed by PGP", LIT("A: b\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"), SEAL_PGP, 0 },
	{ "a key", LIT("Content-Type: application/x\r\n\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n"), 0, 0 },
	{ "a key, and a message behind it", LIT("A: b\r\n\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n" ARMOR), SEAL_PGP, SEAL_PGP },
	{ "multipart/encrypted", LIT("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n"
	                             "--b\r\n\r\nx\r\n--b--\r\n"), SEAL_PGP, SEAL_PGP },
};

static void check(const char *about, struct slice message, unsigned seals, unsigned encrypted)
{
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	struct message_view view;

	arena_init(&arena, 16 << 20);
	CHECK(message_read(message, &reader, DIGESTS_NONE, &view) == OK, about);
	CHECK(seals_of(&view) == seals, about);
	CHECK(seals_encrypted(&view) == encrypted, about);
	arena_finish(&arena);
}

/* Wherever the pieces that are decoded at a time meet. */
static void check_places(void)
{
	enum { LEAST = 32700, MOST = 32800, LATE = 3 << 20 };
	static char text[LATE + sizeof(ARMOR)];

	for (size_t place = LEAST; place <= MOST; place++) {
		memset(text, 'x', sizeof(text));
		text[0] = '\n';
		memcpy(text + place, ARMOR, strlen(ARMOR));
		check("at any place", (struct slice){ text, place + strlen(ARMOR) }, SEAL_PGP, SEAL_PGP);
	}
	memset(text, 'x', sizeof(text));
	text[0] = '\n';
	memcpy(text + LATE, ARMOR, strlen(ARMOR));
	check("late in a long text", (struct slice){ text, LATE + strlen(ARMOR) }, SEAL_PGP, SEAL_PGP);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].about, rows[i].message, rows[i].seals, rows[i].encrypted);
	check_places();
	return TEST_END();
}
