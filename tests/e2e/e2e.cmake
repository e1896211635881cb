# The program from the outside: a script a test, run with the program and the source folder.
foreach(script help command_lines bad_models optimize_run golden_ops interrupt evaluate benchmark profile compare transform_graph
        transform_errors summarize_graph compare_graphs benchmark_model recipe_int8 accuracy_budget)
  add_test(NAME e2e_${script}
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/e2e/${script}.sh
            $<TARGET_FILE:inference-optimizer> ${PROJECT_SOURCE_DIR})
endforeach()
