/* TensorFlow's tools under their own names: what they get are the words behind the name, what they
 * give is the exit status. */
#ifndef IOPT_CLI_TOOLS_H
#define IOPT_CLI_TOOLS_H

int tool_transform_graph(int n_words, char **words);
int tool_summarize_graph(int n_words, char **words);
int tool_compare_graphs(int n_words, char **words);
int tool_benchmark_model(int n_words, char **words);

#endif
