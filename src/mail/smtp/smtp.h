/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp.h — the door of mail/smtp: the protocol's grammar, shared by server and client.
 *
 * Knows:   commands, replies, addresses, parameters (RFC 5321, 3461, 6531, 1870, 2034, 2033) and the
 *          envelope that they add up to.
 * Ignores: sessions, sockets and policy.
 */
#ifndef SMTP_SMTP_H
#define SMTP_SMTP_H

#include "mail/smtp/address.h"
#include "mail/smtp/command.h"
#include "mail/smtp/envelope.h"
#include "mail/smtp/reply.h"
#include "mail/smtp/sender.h"

#endif
