# The distribution's libraries (ARCHITECTURE.md says why each is used); scripts/setup.sh installs them.
find_package(Threads REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

# find_path and find_library with one clear message for all.
function(iopt_find_library name header library package)
  find_path(${name}_INCLUDE ${header})
  find_library(${name}_LIBRARY ${library})
  mark_as_advanced(${name}_INCLUDE ${name}_LIBRARY)
  if(NOT ${name}_INCLUDE OR NOT ${name}_LIBRARY)
    message(FATAL_ERROR "${header} or lib${library} is missing: install ${package}, "
                        "or run scripts/setup.sh")
  endif()
  add_library(iopt_${name} INTERFACE IMPORTED)
  set_target_properties(iopt_${name} PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE}"
    INTERFACE_LINK_LIBRARIES "${${name}_LIBRARY}")
endfunction()

iopt_find_library(protobuf_c protobuf-c/protobuf-c.h protobuf-c libprotobuf-c-dev)
iopt_find_library(pthreadpool pthreadpool.h pthreadpool libpthreadpool-dev)
iopt_find_library(cpuinfo cpuinfo.h cpuinfo libcpuinfo-dev)
iopt_find_library(cjson cjson/cJSON.h cjson libcjson-dev)
find_program(PROTOC_C NAMES protoc-c REQUIRED)

set(iopt_dependencies iopt_protobuf_c iopt_pthreadpool iopt_cpuinfo iopt_cjson JPEG::JPEG PNG::PNG
                      ZLIB::ZLIB Threads::Threads m)
