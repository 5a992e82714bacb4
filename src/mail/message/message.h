/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h — the door of mail/message: a message as headers and parts over its original bytes, the
 *             edit list, and the notices that we compose ourselves.
 */
#ifndef MESSAGE_MESSAGE_H
#define MESSAGE_MESSAGE_H

#include "mail/message/edit.h"
#include "mail/message/notice.h"
#include "mail/message/parts.h"
#include "mail/message/sevenbit.h"

#endif
