/* SPDX-License-Identifier: Apache-2.0 */
/* What was too long for rules to see it whole, and what was missing, was noted when the message was read. */
#include "mail/rules/evals_inside.h"

#include "mail/rules/view_all.h"

enum result uri_truncated(struct eval_call *call)
{
	call->hit = call->uris->cut;
	return OK;
}

enum result header_truncated(struct eval_call *call)
{
	call->hit = call->view->cut || view_all_is_cut(&call->view->fields);
	return OK;
}

enum result separator_missing(struct eval_call *call)
{
	call->hit = !call->view->separated;
	return OK;
}
