# `--version` tells the commit it was built from, where git knows it.
find_program(GIT_PROGRAM git)
set(iopt_commit "unknown")
if(GIT_PROGRAM)
  execute_process(COMMAND ${GIT_PROGRAM} describe --always --dirty --abbrev=10
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE iopt_described
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE iopt_describe_result)
  if(iopt_describe_result EQUAL 0)
    set(iopt_commit ${iopt_described})
  endif()
endif()
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/cli/version.c PROPERTIES COMPILE_DEFINITIONS
  "IOPT_VERSION=\"${PROJECT_VERSION}\";IOPT_COMMIT=\"${iopt_commit}\"")
