/* Activations by the name of their op: for ops that end with one (_FusedConv2D). */
#ifndef IOPT_OPS_ACTIVATION_H
#define IOPT_OPS_ACTIVATION_H

typedef double (*IoptActivation)(double x);

/* The activation of this name, or NULL; LeakyRelu has a parameter and a function of its own. */
IoptActivation iopt_activation_find(const char *name);
double iopt_leaky_relu(double x, double alpha);

#endif
