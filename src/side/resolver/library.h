/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h — libunbound, set up as our settings say, on our loop.
 *
 * Knows:   the library's options: caches, servers, stubs, signatures. Everything it opens by name is
 *          opened in library_open(), before the jail.
 * Ignores: who asks.
 * Owns:    the library's context.
 * Fails:   BROKEN, with the reason in `complaint`.
 */
#ifndef RESOLVER_LIBRARY_H
#define RESOLVER_LIBRARY_H

#include "base/loop.h"
#include "resolver/resolver.h"

struct ub_ctx;

must_use enum result library_open(struct ub_ctx **ret_context, struct loop *loop,
				  const struct resolver_settings *settings, struct buffer *complaint);
void library_close(struct ub_ctx *context);            /* NULL is nothing */

#endif
