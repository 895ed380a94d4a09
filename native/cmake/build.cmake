# Builds and installs libneurite.a for Maven: cmake -DSRC=root -DBUILD=folder -DPREFIX=folder
# -DPLATFORM=linux-x86_64 -DHOST=linux-x86_64 -DTESTS=ON|OFF [-DCTEST=ON] -P build.cmake
# With CTEST given it only runs (ON) the native tests that an earlier call built.
cmake_minimum_required(VERSION 3.22)

cmake_host_system_information(RESULT CORES QUERY NUMBER_OF_LOGICAL_CORES)

if(DEFINED CTEST)
  if(CTEST AND EXISTS ${BUILD}/CTestTestfile.cmake)
    execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure --no-tests=ignore
      --parallel ${CORES}
      WORKING_DIRECTORY ${BUILD} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "Neurite: native tests failed, see above. One again: "
        "NEURITE_ISA=<level> ${BUILD}/<op>_test")
    endif()
  endif()
  return()
endif()

set(options -DCMAKE_INSTALL_PREFIX=${PREFIX} -DNRT_TESTS=${TESTS})
find_program(NINJA NAMES ninja ninja-build)
if(NINJA AND NOT EXISTS ${BUILD}/CMakeCache.txt)
  list(APPEND options -G Ninja)
endif()
if(PLATFORM AND NOT PLATFORM STREQUAL HOST)
  list(APPEND options -DCMAKE_TOOLCHAIN_FILE=${SRC}/native/cmake/toolchains/${PLATFORM}.cmake)
endif()

execute_process(COMMAND ${CMAKE_COMMAND} -S ${SRC}/native -B ${BUILD} ${options}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "Neurite: native configure failed, see above. Needed: a C++17 compiler and "
    "ninja or make (apt-get install g++ cmake ninja-build)")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel ${CORES} --target install
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "Neurite: native build failed, see the compiler's messages above")
endif()
