/* SPDX-License-Identifier: Apache-2.0 */
/* Every grammar of gateway.h on the same bytes; what a target points to lies in them. */
#include "wire/gateway.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_in(struct slice part, struct slice whole)
{
	if (part.len && (part.at < whole.at || part.at + part.len > whole.at + whole.len))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct network network;
	struct target target;
	struct in6_addr address;
	uint16_t port;
	bool ipv6;

	if (network_parse(text, &network) == OK && (network.bits > 128 || !network_has(&network, &network.address)))
		__builtin_trap();
	if (target_parse(text, &target) == OK) {
		must_lie_in(target.host, text);
		must_lie_in(target.path, text);
		if ((target.host.len != 0) == (target.path.len != 0))
			__builtin_trap();
	}
	if (listen_parse(text, &address, &port, &ipv6) == OK && port == 0)
		__builtin_trap();
	if (network_address(text, &address) == OK && !network_has(&(struct network){ .bits = 0 }, &address))
		__builtin_trap();
	return 0;
}
