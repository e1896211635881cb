/* libiopt: trained TensorFlow graphs, made small and fast for inference, and run on the CPU.
 *
 *   status.h   how calls say that they failed
 *   tensor.h   arrays
 *   graph.h    loading, optimizing, saving
 *   engine.h   planning and running
 */
#ifndef IOPT_IOPT_H
#define IOPT_IOPT_H

#include "iopt/engine.h"
#include "iopt/graph.h"
#include "iopt/status.h"
#include "iopt/tensor.h"

#endif
