# protoc-c turns the schemas of src/formats/proto into readers and writers, below the build folder.
file(GLOB iopt_protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/formats/proto/*.proto)
set(iopt_proto_include ${PROJECT_BINARY_DIR}/proto)
set(iopt_proto_sources)
file(MAKE_DIRECTORY ${iopt_proto_include})
foreach(proto IN LISTS iopt_protos)
  get_filename_component(name ${proto} NAME_WE)
  set(generated ${iopt_proto_include}/${name}.pb-c.c)
  add_custom_command(OUTPUT ${generated} ${iopt_proto_include}/${name}.pb-c.h
    COMMAND ${PROTOC_C} --proto_path=${PROJECT_SOURCE_DIR}/src/formats/proto
            --c_out=${iopt_proto_include} ${proto}
    DEPENDS ${iopt_protos} VERBATIM)
  set_source_files_properties(${generated} PROPERTIES COMPILE_OPTIONS "-w")
  list(APPEND iopt_proto_sources ${generated})
endforeach()
