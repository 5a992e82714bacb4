/* SPDX-License-Identifier: Apache-2.0 */
/* What we hear: bytes to lines, lines to replies; a line that is too long, or no reply, ends the conversation. */
#include "relay/client_parts.h"

static void take_line(struct client *client, struct slice line, unsigned long due_until)
{
	if (client->stage == AT_EHLO && client->reply.lines > 0)      /* the first line is the server's name */
		client_note_feature(client, line);
	switch (reply_line(&client->reply, line)) {
	case OK:
		client_reply(client, due_until);
		reply_init(&client->reply);
		return;
	case AGAIN:
		return;
	case REFUSED:
	case LATER:
	case BROKEN:
		client_end_in_disorder(client);
	}
}

/* `due_until`: replies to commands that were asked before these bytes came; more than that is out of turn. */
void client_bytes(struct client *client, struct slice bytes)
{
	unsigned long due_until = client->asked;

	for (size_t i = 0; i < bytes.len && client->stage != AT_END; i++) {
		struct slice line;

		if (client->stage == AT_SHAKING) {     /* nothing may come in the clear behind that 220 */
			client_end_in_disorder(client);
			return;
		}
		if (bytes.at[i] != '\n') {
			if (client->line_length == sizeof(client->line))
				client_end_in_disorder(client);
			else
				client->line[client->line_length++] = bytes.at[i];
			continue;
		}
		line = (struct slice){ client->line, client->line_length };
		if (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		client->line_length = 0;
		take_line(client, line, due_until);
	}
}
