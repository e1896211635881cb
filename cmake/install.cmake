# make install: program, libraries, headers, pkg-config file and CMake package.
include(CMakePackageConfigHelpers)

set(iopt_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/iopt)
# What a program linked with libiopt.a needs besides; libiopt.so brings its own.
set(iopt_private_libraries protobuf-c pthreadpool cpuinfo cjson jpeg png z pthread m)
list(TRANSFORM iopt_private_libraries PREPEND -l OUTPUT_VARIABLE iopt_private_flags)
list(JOIN iopt_private_flags " " iopt_private_flags)

configure_file(${PROJECT_SOURCE_DIR}/cmake/iopt.pc.in iopt.pc @ONLY)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/iopt-config.cmake.in iopt-config.cmake
  INSTALL_DESTINATION ${iopt_cmake_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(iopt-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS inference-optimizer iopt_shared iopt_static
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(link IN LISTS iopt_links) # links, and stay links
  install(PROGRAMS $<TARGET_FILE_DIR:inference-optimizer>/${link} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/iopt DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/iopt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/iopt-config.cmake ${PROJECT_BINARY_DIR}/iopt-config-version.cmake
  DESTINATION ${iopt_cmake_dir})
