# SPDX-License-Identifier: Apache-2.0
# The host compiles with Lean 4.26 to 4.34 from one source, so names that came or went near that window are spelled only where they are known to be there.
set(version_bound_names "CollectAxioms[.]" "trimAscii" "importAll" "String[.]Pos[.]Raw" "Language[.]maxErrors")
# In the window all along: to go below it (importAll, the type of positions, maxErrors) these are the places to look at.
set(version_bound_places
  "lean/LeanWorker/Session.lean importAll" "lean/LeanWorker/Session.lean String[.]Pos[.]Raw" "lean/LeanWorker/Report.lean String[.]Pos[.]Raw"
  "lean/LeanWorker/Json.lean String[.]Pos[.]Raw" "lean/LeanWorker/Check.lean String[.]Pos[.]Raw" "lean/LeanWorker/Check.lean Language[.]maxErrors")

function(check_versions source text)
  foreach(name IN LISTS version_bound_names)
    list(FIND version_bound_places "${source} ${name}" allowed)
    if(allowed EQUAL -1 AND text MATCHES "${name}")
      violation("${source}: '${CMAKE_MATCH_0}' is bound to some versions of Lean; see tests/layout/lean_rules.cmake")
    endif()
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
endfunction()
