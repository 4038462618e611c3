-- SPDX-License-Identifier: Apache-2.0
import LeanWorker
unsafe def main := LeanWorker.hostMain
