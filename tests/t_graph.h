/* Small graphs as text, for tests.
 *
 *     x = Placeholder() : f32[1,4,4,2]
 *     w = Const(random 1) : f32[3,3,2,8]
 *     b = Const(0.5 -1 2) : f32[3]
 *     c = Conv2D(x, w) padding=SAME strides=[1,1,1,1]
 *     s = Split(axis, x) num_split=2
 *     y = Add(s:1, c, ^assert)
 *     return y
 *
 * The type and shape behind the colon become dtype, shape and value of Placeholder and Const
 * (values in order, the last one repeated; "random SEED" is uniform in -1..1).  Attribute values:
 * numbers, words (strings, or types such as f32), true and false, lists of numbers.  T is added
 * where an op has inputs and no T is given.
 */
#ifndef IOPT_TESTS_T_GRAPH_H
#define IOPT_TESTS_T_GRAPH_H

#include "graph/graph.h"
#include "t.h"

/* The graph; the test destroys it.  Fails the test on a text that it does not understand. */
IoptGraph *t_graph(Test *t, const char *text);

/* The ops of the graph in file order: "Placeholder Const Conv2D"; want is compared with it. */
void t_expect_ops(Test *t, const IoptGraph *graph, const char *want);

/* A reproducible tensor, uniform in -1..1 (integers: 0..9). */
IoptTensor *t_random(Test *t, IoptDType dtype, const IoptShape *shape, unsigned seed);

/* Evaluates the graph's outputs node by node on the ops' plain-C results, feeding every Placeholder
 * with t_random of its index; out has graph->n_outputs tensors, which the test destroys. */
void t_eval(Test *t, const IoptGraph *graph, IoptTensor **out);

/* What the graph computes for the first output of the node called `name`, which becomes its only
 * output; the test destroys it. */
IoptTensor *t_eval_node(Test *t, IoptGraph *graph, const char *name);

/* Infers, small constants folded: the first output is "float[2,3]". */
void t_expect_inferred(Test *t, const char *text, const char *want);

/* Runs a pass; evaluates before and after and compares: same bits, or within 1e-4 of the largest.
 */
void t_run_pass(Test *t, IoptGraph *graph, const char *pass);

#endif
