-- SPDX-License-Identifier: Apache-2.0
-- expect: has_errors
-- Imports anew, with a compiled module of its own making whose theorem has no proof, and goes on with that.
import Lean.Elab.Command
open Lean Elab Command
run_cmd do
  let folder ← IO.FS.createTempDir
  let type := mkApp3 (mkConst ``Eq [.succ .zero]) (mkConst ``Nat) (mkNatLit 1) (mkNatLit 2)
  let wrong := ConstantInfo.thmInfo { name := `wrong, levelParams := [], type, value := mkConst ``True.intro }
  saveModuleData (folder / "Wrong.olean") `Wrong
    { isModule := false, imports := #[{ module := `Init }], constNames := #[`wrong], constants := #[wrong], extraConstNames := #[], entries := #[] }
  let path ← searchPathRef.get
  searchPathRef.set (folder :: path)
  let env ← importModules #[{ module := `Init }, { module := `Wrong }] {} (loadExts := true)
  searchPathRef.set path
  IO.FS.removeDirAll folder
  setEnv env
theorem t : 1 = 2 := wrong
