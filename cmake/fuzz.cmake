# fuzz/fuzz_x.c is a program of its own: with -DIOPT_FUZZ=ON (clang) libFuzzer's, else one that
# replays files.  Either way the tests run it over fuzz/corpus/fuzz_x.
file(GLOB fuzz_targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/fuzz_*.c)
list(REMOVE_ITEM fuzz_targets ${PROJECT_SOURCE_DIR}/fuzz/fuzz_file.c)
foreach(source IN LISTS fuzz_targets)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source} ${PROJECT_SOURCE_DIR}/fuzz/fuzz_file.c
    ${PROJECT_SOURCE_DIR}/fuzz/whole_graph.c)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(${name} SYSTEM PRIVATE ${iopt_proto_include}) # schemas
  target_link_libraries(${name} PRIVATE iopt_static)
  target_compile_options(${name} PRIVATE ${iopt_warnings})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY fuzz)
  file(GLOB corpus CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name}/*)
  if(IOPT_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    if(name MATCHES "engine|int8|passes") # their bytes are a GraphDef
      target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/mutate_graph.c)
    endif()
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/replay.c)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${corpus})
endforeach()
