/* Random small networks as text. */
#ifndef IOPT_TESTS_T_RANDOM_GRAPH_H
#define IOPT_TESTS_T_RANDOM_GRAPH_H

#include "t.h"

/* A network (t_graph's text) of convolutions, batch norms, pools, concatenations, sums and their
 * like on one image, with two outputs; the same for the same seed.  The caller frees it. */
char *t_random_graph(Test *t, unsigned seed);

/* The same with pieces that graph transforms look for: batch norms of all versions, also behind
 * dead channels, atrous and resized convolutions, ports, control inputs, constant expressions,
 * known ranges.  `steps`: pieces, 3 to 14. */
char *t_random_old_graph(Test *t, unsigned seed, int steps);

#endif
