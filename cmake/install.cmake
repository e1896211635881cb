# make install: program, libraries, headers, pkg-config file and CMake package.
