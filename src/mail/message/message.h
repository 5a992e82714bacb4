/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h — the door of mail/message: a message as headers and parts over its original bytes, the
 *             edit list, and the notices that we compose ourselves.
 *
 * Whoever builds on it begins with parts.h: message_read() gives the tree, part_decoded() or a part_stream the bytes
 * of a part, header_text() a field's text, names and traits stand in the part, `ambiguities` in the view.
 */
#ifndef MESSAGE_MESSAGE_H
#define MESSAGE_MESSAGE_H

#include "mail/message/addresses.h"
#include "mail/message/changes.h"
#include "mail/message/charsets.h"
#include "mail/message/dates.h"
#include "mail/message/edit.h"
#include "mail/message/header_text.h"
#include "mail/message/mbox.h"
#include "mail/message/names.h"
#include "mail/message/notice.h"
#include "mail/message/parts.h"
#include "mail/message/seals.h"
#include "mail/message/sevenbit.h"
#include "mail/message/template.h"

#endif
