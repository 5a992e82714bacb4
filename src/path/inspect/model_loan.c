/* SPDX-License-Identifier: Apache-2.0 */
/* The size is found by reading at its end: the jail has no call that tells of files. */
#include "inspect/model_loan.h"

#include "base/sealed.h"

#include <sys/mman.h>
#include <unistd.h>


static bool is_of_size(int fd, uint64_t size)
{
	char byte;

	return size > 0 && size <= model_size(MODEL_BITS_MOST) && pread(fd, &byte, 1, (off_t)size - 1) == 1 &&
	       pread(fd, &byte, 1, (off_t)size) == 0;
}

enum result model_loan_take(int fd, uint64_t size, struct model_loan *ret_loan, const char **ret_why)
{
	struct model_loan loan = { .size = (size_t)size };
	void *bytes;

	*ret_why = "it could be changed under us, or is not as long as was said";
	if (!sealed_is(fd) || !is_of_size(fd, size))
		return REFUSED;
	*ret_why = "there is no memory";
	bytes = mmap(NULL, loan.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return REFUSED;
	if (model_open((struct slice){ bytes, loan.size }, &loan.model, ret_why) != OK) {
		(void)munmap(bytes, loan.size);
		return REFUSED;
	}
	*ret_loan = loan;
	return OK;
}

void model_loan_end(struct model_loan *loan)
{
	if (loan->model)
		(void)munmap((void *)(uintptr_t)loan->model, loan->size);
	*loan = (struct model_loan){ 0 };
}
