/* SPDX-License-Identifier: Apache-2.0 */
/* At the cap one goes on and the others wait; nobody waits for ever. */
#include "front/flight.h"

#include "base/test.h"

#include <stddef.h>

int main(void)
{
	struct flight flight = { .limit = 100, .reserve = 40 };
	int one = 1, two = 2, three = 3;

	CHECK(flight_take(&flight, &one, 30) == OK && flight_take(&flight, &two, 30) == OK, "below the reserve all may take");
	CHECK(flight_take(&flight, &two, 1) == OK, "the first above it goes on");
	CHECK(flight_take(&flight, &one, 1) == LATER, "others wait");
	CHECK(flight_take(&flight, &three, 1) == LATER, "new ones too");
	CHECK(flight_take(&flight, &two, 9) == OK, "the first goes on to its end");
	CHECK(flight.used == 70, "what is counted");
	flight_give(&flight, &two, 40);
	CHECK(flight.used == 30 && flight.first == NULL, "and gives all back");
	CHECK(flight_take(&flight, &one, 1) == OK, "then the others go on");
	flight = (struct flight){ .limit = 40, .reserve = 40 };
	CHECK(flight_take(&flight, &one, 1) == OK && flight_take(&flight, &two, 1) == LATER,
	      "a small cap: one after the other");
	return TEST_END();
}
