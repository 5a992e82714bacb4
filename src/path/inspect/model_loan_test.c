/* SPDX-License-Identifier: Apache-2.0 */
/* Models in memfds, whole and not, sealed and not. */
#include "inspect/model_loan.h"

#include "base/fd.h"
#include "base/pool.h"
#include "base/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BITS = MODEL_BITS_LEAST, ALL = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static const struct { const char *about; int seals; int longer, said; bool damaged, good; } loans[] = {
	{ "one that is whole and sealed is taken", ALL, 0, 0, false, true },
	{ "one that could be written", F_SEAL_SHRINK | F_SEAL_GROW, 0, 0, false, false },
	{ "one that could be cut", F_SEAL_GROW | F_SEAL_WRITE, 0, 0, false, false },
	{ "one that is not sealed at all", 0, 0, 0, false, false },
	{ "one that is said to be longer", ALL, 0, 1, false, false },
	{ "one that is said to be shorter", ALL, 0, -1, false, false },
	{ "one with something behind it", ALL, 1, 1, false, false },
	{ "one that is damaged", ALL, 0, 0, true, false },
};

static int make_loan(const struct model *model, size_t i)
{
	size_t size = model_size(BITS);
	int fd = memfd_create("model", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(fd >= 0 && write(fd, model, size) == (ssize_t)size, "a memfd");
	CHECK(ftruncate(fd, (off_t)size + loans[i].longer) == 0, "of its length");
	CHECK(!loans[i].damaged || pwrite(fd, "?", 1, 1000) == 1, "damaged");
	CHECK(loans[i].seals == 0 || fcntl(fd, F_ADD_SEALS, loans[i].seals) == 0, "sealed");
	return fd;
}

int main(void)
{
	void *room = pool_resize(NULL, model_size(BITS));
	struct model_loan loan = { 0 };
	struct model *model;
	const char *why;

	if (room == NULL)
		abort();
	model = model_begin(room, BITS);
	model_seal(model);
	for (size_t i = 0; i < COUNT_OF(loans); i++) {
		closing int fd = make_loan(model, i);

		why = NULL;
		CHECK((model_loan_take(fd, model_size(BITS) + (uint64_t)loans[i].said, &loan, &why) == OK) == loans[i].good, loans[i].about);
		CHECK(loans[i].good == (loan.model != NULL) && (loans[i].good || why), loans[i].about);
		CHECK(!loan.model || loan.model->generation == 1, "it is what was lent");
		model_loan_end(&loan);
	}
	CHECK(model_loan_take(-1, 100, &loan, &why) == REFUSED && model_loan_take(-1, UINT64_MAX, &loan, &why) == REFUSED, "nothing is no loan");
	(void)!pool_resize(room, 0);
	return TEST_END();
}
