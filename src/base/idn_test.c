/* SPDX-License-Identifier: Apache-2.0 */
/* Names as rows: what is written, and what the DNS is asked; "" is nobody's name. */
#include "base/idn.h"
#include "base/test.h"

#define SIXTY_THREE "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define THIRTY_TWO  "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"

static const struct row { const char *about; struct slice written, made; } rows[] = {
	{ "a name", LIT("mx.Example.net"), LIT("mx.Example.net") },
	{ "of a service", LIT("_25._tcp.mx.example.net"), LIT("_25._tcp.mx.example.net") },
	{ "a label of 63", LIT(SIXTY_THREE ".net"), LIT(SIXTY_THREE ".net") },
	{ "a label of 64", LIT(SIXTY_THREE "x.net"), LIT("") },
	{ "nothing", LIT(""), LIT("") },
	{ "a dot at the end", LIT("example.net."), LIT("") },
	{ "an empty label", LIT("example..net"), LIT("") },
	{ "a blank", LIT("exa mple.net"), LIT("") },
	{ "a control byte", LIT("exa\nmple.net"), LIT("") },
	{ "a NUL", LIT("exa\0mple.net"), LIT("") },
	{ "a backslash", LIT("exa\\mple.net"), LIT("") },
	{ "an umlaut", LIT("gr\xc3\xbcn.example"), LIT("xn--grn-ioa.example") },
	{ "of two characters", LIT("gru\xcc\x88n.example"), LIT("xn--grn-ioa.example") },
	{ "in capitals", LIT("GR\xc3\x9cN.Example"), LIT("xn--grn-ioa.example") },
	{ "a sharp s stays one", LIT("stra\xc3\x9f" "e.example"), LIT("xn--strae-oqa.example") },
	{ "an umlaut below a service", LIT("_25._tcp.gr\xc3\xbcn.example"), LIT("_25._tcp.xn--grn-ioa.example") },
	{ "a name that is all of another script", LIT("\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95"),
	  LIT("xn--fsqu00a.xn--0zwm56d") },
	{ "a dot of that script", LIT("\xe4\xbe\x8b\xe5\xad\x90\xe3\x80\x82\xe6\xb5\x8b\xe8\xaf\x95"),
	  LIT("xn--fsqu00a.xn--0zwm56d") },
	{ "what is converted already", LIT("xn--grn-ioa.example"), LIT("xn--grn-ioa.example") },
	{ "bytes that are no UTF-8", LIT("gr\xfcn.example"), LIT("") },
	{ "half a character", LIT("gr\xc3.example"), LIT("") },
	{ "a wide @", LIT("a\xef\xbc\xa0" "b.example"), LIT("") },
	{ "a NUL among umlauts", LIT("gr\xc3\xbc\0n.example"), LIT("") },
	{ "a mark of direction", LIT("gr\xe2\x80\xaen.example"), LIT("") },
	{ "too long once it is converted", LIT(THIRTY_TWO "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq" ".example"), LIT("") },
	{ "umlauts and an empty label", LIT("gr\xc3\xbcn..example"), LIT("") },
	{ "umlauts and a dot at the end", LIT("gr\xc3\xbcn.example."), LIT("") },
};

static const struct { const char *about, *written, *ascii; bool same; } labels[] = {
	{ "letters that only A-labels carry", "gr\xc3\xbcn.Example", "xn--grn-ioa.example", true },
	{ "a wide letter is none of them", "\xef\xbd\x85xample.org", "example.org", false },
	{ "another dot is none", "gr\xc3\xbcn\xe3\x80\x82" "example", "xn--grn-ioa.example", false },
	{ "nor between two of them", "\xc3\xbc\xe3\x80\x82\xc3\xbc", "xn--tda.xn--tda", false },
	{ "what is not seen is none", "gr\xc3\xbcn.example\xe2\x80\x8b", "xn--grn-ioa.example", false },
};

static void same_labels(void)
{
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		CHECK(idn_same_labels(slice_of(labels[i].written), slice_of(labels[i].ascii)) == labels[i].same, labels[i].about);
}

int main(void)
{
	char much[IDN_NAME + 2];
	struct idn name;

	CHECK(slice_same(idn_ascii(SLICE("gr\xc3\xbcn.example"), &name), SLICE("xn--grn-ioa.example")), "converted");
	CHECK(slice_same(idn_ascii(SLICE("Mx.[odd]"), &name), SLICE("Mx.[odd]")), "ASCII is not looked at");
	CHECK(slice_same(idn_ascii(SLICE("gr\xfcn.example"), &name), SLICE("gr\xfcn.example")), "what is no name stays");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum result result = idn_read(rows[i].written, &name);

		CHECK(result == (rows[i].made.len ? OK : REFUSED), rows[i].about);
		if (result == OK)
			CHECK(slice_same((struct slice){ name.text, name.length }, rows[i].made) && name.text[name.length] == '\0',
			      rows[i].about);
	}
	for (size_t i = 0; i < sizeof(much); i++)
		much[i] = i % 2 ? '.' : 'a';
	CHECK(idn_read((struct slice){ much, IDN_NAME }, &name) == OK && name.length == IDN_NAME, "as long as a name may be");
	CHECK(idn_read((struct slice){ much, IDN_NAME + 2 }, &name) == REFUSED, "longer");
	same_labels();
	return TEST_END();
}
