/* SPDX-License-Identifier: Apache-2.0 */
/* The names of HTML 4 stand in a table in the order of their bytes. What a name stands for is never longer than the name,
 * so that it is written over it. */
#include "mail/html/entities.h"

#include "mail/message/message.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 8, SHORT_NAME_MOST = 6, REPLACEMENT = 0xfffd, CHARACTER_MOST = 0x10ffff };

/* `strict`: only with a ";" behind it. */
static const struct entity { char name[NAME_MOST + 1]; uint16_t character; bool strict; } entities[] = {
	{ "AElig", 198, false }, { "Aacute", 193, false }, { "Acirc", 194, false }, { "Agrave", 192, false },
	{ "Alpha", 913, true }, { "Aring", 197, false }, { "Atilde", 195, false }, { "Auml", 196, false },
	{ "Beta", 914, true }, { "Ccedil", 199, false }, { "Chi", 935, true }, { "Dagger", 8225, true },
	{ "Delta", 916, true }, { "ETH", 208, false }, { "Eacute", 201, false }, { "Ecirc", 202, false },
	{ "Egrave", 200, false }, { "Epsilon", 917, true }, { "Eta", 919, true }, { "Euml", 203, false },
	{ "Gamma", 915, true }, { "Iacute", 205, false }, { "Icirc", 206, false }, { "Igrave", 204, false },
	{ "Iota", 921, true }, { "Iuml", 207, false }, { "Kappa", 922, true }, { "Lambda", 923, true },
	{ "Mu", 924, true }, { "Ntilde", 209, false }, { "Nu", 925, true }, { "OElig", 338, true },
	{ "Oacute", 211, false }, { "Ocirc", 212, false }, { "Ograve", 210, false }, { "Omega", 937, true },
	{ "Omicron", 927, true }, { "Oslash", 216, false }, { "Otilde", 213, false }, { "Ouml", 214, false },
	{ "Phi", 934, true }, { "Pi", 928, true }, { "Prime", 8243, true }, { "Psi", 936, true }, { "Rho", 929, true },
	{ "Scaron", 352, true }, { "Sigma", 931, true }, { "THORN", 222, false }, { "Tau", 932, true },
	{ "Theta", 920, true }, { "Uacute", 218, false }, { "Ucirc", 219, false }, { "Ugrave", 217, false },
	{ "Upsilon", 933, true }, { "Uuml", 220, false }, { "Xi", 926, true }, { "Yacute", 221, false },
	{ "Yuml", 376, true }, { "Zeta", 918, true }, { "aacute", 225, false }, { "acirc", 226, false },
	{ "acute", 180, false }, { "aelig", 230, false }, { "agrave", 224, false }, { "alefsym", 8501, true },
	{ "alpha", 945, true }, { "amp", 38, false }, { "and", 8743, true }, { "ang", 8736, true },
	{ "apos", 39, false }, { "aring", 229, false }, { "asymp", 8776, true }, { "atilde", 227, false },
	{ "auml", 228, false }, { "bdquo", 8222, true }, { "beta", 946, true }, { "brvbar", 166, false },
	{ "bull", 8226, true }, { "cap", 8745, true }, { "ccedil", 231, false }, { "cedil", 184, false },
	{ "cent", 162, false }, { "chi", 967, true }, { "circ", 710, true }, { "clubs", 9827, true },
	{ "cong", 8773, true }, { "copy", 169, false }, { "crarr", 8629, true }, { "cup", 8746, true },
	{ "curren", 164, false }, { "dArr", 8659, true }, { "dagger", 8224, true }, { "darr", 8595, true },
	{ "deg", 176, false }, { "delta", 948, true }, { "diams", 9830, true }, { "divide", 247, false },
	{ "eacute", 233, false }, { "ecirc", 234, false }, { "egrave", 232, false }, { "empty", 8709, true },
	{ "emsp", 8195, true }, { "ensp", 8194, true }, { "epsilon", 949, true }, { "equiv", 8801, true },
	{ "eta", 951, true }, { "eth", 240, false }, { "euml", 235, false }, { "euro", 8364, true },
	{ "exist", 8707, true }, { "fnof", 402, true }, { "forall", 8704, true }, { "frac12", 189, false },
	{ "frac14", 188, false }, { "frac34", 190, false }, { "frasl", 8260, true }, { "gamma", 947, true },
	{ "ge", 8805, true }, { "gt", 62, false }, { "hArr", 8660, true }, { "harr", 8596, true },
	{ "hearts", 9829, true }, { "hellip", 8230, true }, { "iacute", 237, false }, { "icirc", 238, false },
	{ "iexcl", 161, false }, { "igrave", 236, false }, { "image", 8465, true }, { "infin", 8734, true },
	{ "int", 8747, true }, { "iota", 953, true }, { "iquest", 191, false }, { "isin", 8712, true },
	{ "iuml", 239, false }, { "kappa", 954, true }, { "lArr", 8656, true }, { "lambda", 955, true },
	{ "lang", 9001, true }, { "laquo", 171, false }, { "larr", 8592, true }, { "lceil", 8968, true },
	{ "ldquo", 8220, true }, { "le", 8804, true }, { "lfloor", 8970, true }, { "lowast", 8727, true },
	{ "loz", 9674, true }, { "lrm", 8206, true }, { "lsaquo", 8249, true }, { "lsquo", 8216, true },
	{ "lt", 60, false }, { "macr", 175, false }, { "mdash", 8212, true }, { "micro", 181, false },
	{ "middot", 183, false }, { "minus", 8722, true }, { "mu", 956, true }, { "nabla", 8711, true },
	{ "nbsp", 160, false }, { "ndash", 8211, true }, { "ne", 8800, true }, { "ni", 8715, true },
	{ "not", 172, false }, { "notin", 8713, true }, { "nsub", 8836, true }, { "ntilde", 241, false },
	{ "nu", 957, true }, { "oacute", 243, false }, { "ocirc", 244, false }, { "oelig", 339, true },
	{ "ograve", 242, false }, { "oline", 8254, true }, { "omega", 969, true }, { "omicron", 959, true },
	{ "oplus", 8853, true }, { "or", 8744, true }, { "ordf", 170, false }, { "ordm", 186, false },
	{ "oslash", 248, false }, { "otilde", 245, false }, { "otimes", 8855, true }, { "ouml", 246, false },
	{ "para", 182, false }, { "part", 8706, true }, { "permil", 8240, true }, { "perp", 8869, true },
	{ "phi", 966, true }, { "pi", 960, true }, { "piv", 982, true }, { "plusmn", 177, false },
	{ "pound", 163, false }, { "prime", 8242, true }, { "prod", 8719, true }, { "prop", 8733, true },
	{ "psi", 968, true }, { "quot", 34, false }, { "rArr", 8658, true }, { "radic", 8730, true },
	{ "rang", 9002, true }, { "raquo", 187, false }, { "rarr", 8594, true }, { "rceil", 8969, true },
	{ "rdquo", 8221, true }, { "real", 8476, true }, { "reg", 174, false }, { "rfloor", 8971, true },
	{ "rho", 961, true }, { "rlm", 8207, true }, { "rsaquo", 8250, true }, { "rsquo", 8217, true },
	{ "sbquo", 8218, true }, { "scaron", 353, true }, { "sdot", 8901, true }, { "sect", 167, false },
	{ "shy", 173, false }, { "sigma", 963, true }, { "sigmaf", 962, true }, { "sim", 8764, true },
	{ "spades", 9824, true }, { "sub", 8834, true }, { "sube", 8838, true }, { "sum", 8721, true },
	{ "sup", 8835, true }, { "sup1", 185, false }, { "sup2", 178, false }, { "sup3", 179, false },
	{ "supe", 8839, true }, { "szlig", 223, false }, { "tau", 964, true }, { "there4", 8756, true },
	{ "theta", 952, true }, { "thetasym", 977, true }, { "thinsp", 8201, true }, { "thorn", 254, false },
	{ "tilde", 732, true }, { "times", 215, false }, { "trade", 8482, true }, { "uArr", 8657, true },
	{ "uacute", 250, false }, { "uarr", 8593, true }, { "ucirc", 251, false }, { "ugrave", 249, false },
	{ "uml", 168, false }, { "upsih", 978, true }, { "upsilon", 965, true }, { "uuml", 252, false },
	{ "weierp", 8472, true }, { "xi", 958, true }, { "yacute", 253, false }, { "yen", 165, false },
	{ "yuml", 255, false }, { "zeta", 950, true }, { "zwj", 8205, true }, { "zwnj", 8204, true },
};

static int by_name(const void *key, const void *row)
{
	const struct slice *name = key;
	const struct entity *entity = row;

	return slice_order(*name, slice_of(entity->name)) ;
}

static const struct entity *find_entity(struct slice name, bool closed)
{
	const struct entity *found = bsearch(&name, entities, COUNT_OF(entities), sizeof(*entities), by_name);

	return found && (closed || !found->strict) ? found : NULL;
}

/* Characters that are none become the one that says so. */
static uint32_t proper(uint32_t number)
{
	bool none = (number >= 0xd800 && number <= 0xdfff) || (number >= 0xfdd0 && number <= 0xfdef) || (number & 0xfffe) == 0xfffe;

	return none ? REPLACEMENT : number;
}

static uint32_t digit_of(char byte)
{
	if (byte_is_digit(byte))
		return (uint32_t)(byte - '0');
	byte = byte_lower(byte);
	return byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a') + 10 : UINT32_MAX;
}

/* Behind "&#". Returns how many bytes it has; 0: it is no character. */
static size_t read_number(struct slice text, uint32_t *ret_character)
{
	bool hex = text.len && (text.at[0] == 'x' || text.at[0] == 'X');
	uint32_t base = hex ? 16 : 10, number = 0;
	size_t at = hex;

	for (; at < text.len && digit_of(text.at[at]) < base; at++) {
		number = number * base + digit_of(text.at[at]);
		if (number > CHARACTER_MOST)
			return 0;
	}
	*ret_character = proper(number);
	return at > hex && number && number != 0xfffe && number != 0xffff ? at : 0;
}

/* Behind "&". Within text, the name may be the beginning of a longer word. */
static size_t read_name(struct slice text, bool within_text, uint32_t *ret_character)
{
	const struct entity *found = NULL;
	size_t length = 0;

	while (length < text.len && (byte_is_letter(text.at[length]) || byte_is_digit(text.at[length])))
		length++;
	if (length <= NAME_MOST)
		found = find_entity((struct slice){ text.at, length }, length < text.len && text.at[length] == ';');
	if (found == NULL && within_text) {
		length = length <= SHORT_NAME_MOST ? length : SHORT_NAME_MOST + 1;
		while (found == NULL && length > 1)
			found = find_entity((struct slice){ text.at, --length }, false);
	}
	if (found == NULL)
		return 0;
	*ret_character = found->character;
	return length;
}

/* At "&". Returns how many bytes were read; 0: it is just that. */
static size_t read_entity(struct slice text, bool within_text, uint32_t *ret_character)
{
	bool number = text.len > 1 && text.at[1] == '#';
	size_t length = 1 + (size_t)number, more;

	text = slice_drop(text, length);
	more = number ? read_number(text, ret_character) : read_name(text, within_text, ret_character);
	if (more == 0)
		return 0;
	return length + more + (more < text.len && text.at[more] == ';');
}

size_t html_decode(char *text, size_t length, bool within_text)
{
	const char *first = length ? memchr(text, '&', length) : NULL;
	size_t at, out;

	if (first == NULL)
		return length;
	at = out = (size_t)(first - text);
	while (at < length) {
		uint32_t character = 0;
		size_t read = text[at] == '&' ? read_entity((struct slice){ text + at, length - at }, within_text, &character) : 0;

		if (read == 0) {
			text[out++] = text[at++];
			continue;
		}
		at += read;
		out += utf8_put(text + out, character);
	}
	return out;
}
