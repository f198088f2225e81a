# cmake --install build --prefix P gives a tree that needs neither the clone nor the build folder, and
# that may be moved: whatever the command looks for it looks for from where it lies itself
# (SubjectPlaces, harness/campaign/subjects.hpp). What stays absolute is where a host looks for its
# LibTorch, which is not installed.
#
#   P/bin/normdiff                        with the Python worker and the catalogue inside
#   P/libexec/normdiff/normdiff-host-*    one for each LibTorch
#   P/libexec/normdiff/venv               not installed: a Python with torch, if you want it found here
#   P/share/normdiff/corpus               for normdiff run --corpus
install(TARGETS normdiff RUNTIME DESTINATION bin COMPONENT command)
install(DIRECTORY corpus DESTINATION share/normdiff COMPONENT command)
install(FILES LICENSE README.md DESTINATION share/doc/normdiff COMPONENT command)
foreach(version IN LISTS LIBTORCH_VERSIONS)
  install(TARGETS normdiff-host-${version} RUNTIME DESTINATION libexec/normdiff COMPONENT hosts)
endforeach()
if(TARGET normdiff-bench)  # only make bench builds it
  install(TARGETS normdiff-bench RUNTIME DESTINATION libexec/normdiff COMPONENT hosts OPTIONAL)
endif()

# The build folder has the same layout, with links.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/libexec/normdiff ${PROJECT_BINARY_DIR}/share/normdiff)
file(CREATE_LINK ${NORMDIFF_VENV} ${PROJECT_BINARY_DIR}/libexec/normdiff/venv SYMBOLIC)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/corpus ${PROJECT_BINARY_DIR}/share/normdiff/corpus SYMBOLIC)
