// SPDX-License-Identifier: Apache-2.0
// The script that bin/lean runs. Old syntax on purpose: an old Node must get as far as the message.
"use strict";
var needed = 20;
if (parseInt(process.versions.node, 10) < needed) {
  process.stderr.write("lean: " + process.execPath + " is Node " + process.versions.node + "; Node " + needed + " or newer is needed\n");
  process.exit(127);
}
// Node would print the line of the program in which it failed, and that line may have a million characters. Holds until Lean's own code runs.
process.on("uncaughtException", function (error) {
  process.stderr.write("lean: " + String((error && error.message) || error).slice(0, 1000) + "\n");
  process.exit(126);
});
require("./lean.js");
