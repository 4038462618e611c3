// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace leanworker::internal {

/// What a worker does: "situation | events => next state: effects in order", one situation after the other. Situations and events are those of
/// worker_machine_table_test.cpp, effects those of machine_driver.hpp. "any-…" stands for all events of its kind.
inline constexpr std::string_view worker_machine_table = R"(
starting | run any-cancel cycle any-progress => starting: -
starting | stop => stopping: stop(polite) arm(reap)
starting | stop-firmly => stopping: stop(firm) arm(reap)
starting | started => starting: tell(started)
starting | hello => starting: accept send(configure 1)
starting | any-answer => killing: stop(hard) arm(reap)
starting | log => starting: tell(log)
starting | fault => reaping: arm(reap)
starting | down => down: tell(down,child_failed) tell(restarting) arm(50)
starting | timer => killing: stop(firm) arm(reap)
starting | kill => killing: stop(hard) arm(reap)
starting | rest => stopping: stop(polite) arm(reap)
starting | wake => starting: -
starting | wake-again => stopping: stop(hard) arm(reap)

starting+waiting | run => starting: finish(9 worker_busy)
starting+waiting | cancel-7 cancel-99 cycle any-progress => starting: -
starting+waiting | cancel-8 => starting: finish(8 cancelled)
starting+waiting | stop => stopping: finish(8 shutting_down) stop(polite) arm(reap)
starting+waiting | stop-firmly => stopping: finish(8 shutting_down) stop(firm) arm(reap)
starting+waiting | started => starting: tell(started)
starting+waiting | hello => starting: accept send(configure 1)
starting+waiting | any-answer => killing: stop(hard) arm(reap)
starting+waiting | log => starting: tell(log)
starting+waiting | fault => reaping: arm(reap)
starting+waiting | down => down: tell(down,child_failed) finish(8 child_failed) tell(restarting) arm(50)
starting+waiting | timer => killing: stop(firm) arm(reap)
starting+waiting | kill => killing: stop(hard) arm(reap)
starting+waiting | rest => stopping: stop(polite) arm(reap) finish(8 worker_stopping)
starting+waiting | wake => starting: -
starting+waiting | wake-again => stopping: stop(hard) arm(reap)

configuring | run any-cancel cycle any-progress => starting: -
configuring | stop => stopping: stop(polite) arm(reap)
configuring | stop-firmly => stopping: stop(firm) arm(reap)
configuring | started => starting: tell(started)
configuring | hello refuse-1 answer-2 answer-99 => killing: stop(hard) arm(reap)
configuring | answer-1 => ready: tell(ready)
configuring | log => starting: tell(log)
configuring | fault => reaping: arm(reap)
configuring | down => down: tell(down,child_failed) tell(restarting) arm(50)
configuring | timer => killing: stop(firm) arm(reap)
configuring | kill => killing: stop(hard) arm(reap)
configuring | rest => stopping: stop(polite) arm(reap)
configuring | wake => starting: -
configuring | wake-again => stopping: stop(hard) arm(reap)

ready | run => busy: send(request 2) arm(request)
ready | any-cancel any-progress timer => ready: -
ready | stop cycle => stopping: stop(polite) arm(reap)
ready | stop-firmly => stopping: stop(firm) arm(reap)
ready | started => ready: tell(started)
ready | hello any-answer => killing: stop(hard) arm(reap)
ready | log => ready: tell(log)
ready | fault => reaping: arm(reap)
ready | down => down: tell(down,child_failed) tell(restarting) arm(50)
ready | kill => killing: stop(hard) arm(reap)
ready | rest wake-again => stopping: stop(polite) arm(reap)
ready | wake => ready: -

busy | run => busy: finish(9 worker_busy)
busy | cancel-7 => busy: finish(7 cancelled,sent) send(cancel 2) arm(cancel)
busy | cancel-8 cancel-99 cycle import-ends import-unknown elaborates import-of-99 => busy: -
busy | stop => stopping: finish(7 shutting_down,sent) stop(polite) arm(reap)
busy | stop-firmly => stopping: finish(7 shutting_down,sent) stop(firm) arm(reap)
busy | started => busy: tell(started)
busy | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
busy | answer-2 => ready: finish(7 none,sent)
busy | import-begins => busy: arm(import) tell(importing)
busy | log => busy: tell(log)
busy | fault => reaping: arm(reap)
busy | down => down: tell(down,child_failed) finish(7 child_failed,sent) tell(restarting) arm(0)
busy | timer => killing: finish(7 request_timeout,sent) stop(firm) arm(reap)
busy | kill => killing: stop(hard) arm(reap)
busy | rest wake wake-again => busy: -

importing | run => busy: finish(9 worker_busy)
importing | cancel-7 => busy: finish(7 cancelled,sent) send(cancel 2) arm(cancel)
importing | cancel-8 cancel-99 cycle import-begins import-unknown elaborates import-of-99 => busy: -
importing | stop => stopping: finish(7 shutting_down,sent) stop(polite) arm(reap)
importing | stop-firmly => stopping: finish(7 shutting_down,sent) stop(firm) arm(reap)
importing | started => busy: tell(started)
importing | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
importing | answer-2 => ready: finish(7 none,sent)
importing | import-ends => busy: arm(request)
importing | log => busy: tell(log)
importing | fault => reaping: arm(reap)
importing | down => down: tell(down,child_failed) finish(7 child_failed,sent) tell(restarting) arm(0)
importing | timer => killing: finish(7 import_timeout,sent) stop(firm) arm(reap)
importing | kill => killing: stop(hard) arm(reap)
importing | rest wake wake-again => busy: -

imported | run => busy: finish(9 worker_busy)
imported | cancel-7 => busy: finish(7 cancelled,sent) send(cancel 2) arm(cancel)
imported | cancel-8 cancel-99 cycle any-progress => busy: -
imported | stop => stopping: finish(7 shutting_down,sent) stop(polite) arm(reap)
imported | stop-firmly => stopping: finish(7 shutting_down,sent) stop(firm) arm(reap)
imported | started => busy: tell(started)
imported | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
imported | answer-2 => ready: finish(7 none,sent)
imported | log => busy: tell(log)
imported | fault => reaping: arm(reap)
imported | down => down: tell(down,child_failed) finish(7 child_failed,sent) tell(restarting) arm(0)
imported | timer => killing: finish(7 request_timeout,sent) stop(firm) arm(reap)
imported | kill => killing: stop(hard) arm(reap)
imported | rest wake wake-again => busy: -

busy+cycle | run => busy: finish(9 worker_busy)
busy+cycle | cancel-7 => busy: finish(7 cancelled,sent) send(cancel 2) arm(cancel)
busy+cycle | cancel-8 cancel-99 cycle import-ends import-unknown elaborates import-of-99 => busy: -
busy+cycle | stop => stopping: finish(7 shutting_down,sent) stop(polite) arm(reap)
busy+cycle | stop-firmly => stopping: finish(7 shutting_down,sent) stop(firm) arm(reap)
busy+cycle | started => busy: tell(started)
busy+cycle | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
busy+cycle | answer-2 => stopping: finish(7 none,sent) stop(polite) arm(reap)
busy+cycle | import-begins => busy: arm(import) tell(importing)
busy+cycle | log => busy: tell(log)
busy+cycle | fault => reaping: arm(reap)
busy+cycle | down => down: tell(down,child_failed) finish(7 child_failed,sent) tell(restarting) arm(0)
busy+cycle | timer => killing: finish(7 request_timeout,sent) stop(firm) arm(reap)
busy+cycle | kill => killing: stop(hard) arm(reap)
busy+cycle | rest wake wake-again => busy: -

cancelled | run any-cancel cycle any-progress => busy: -
cancelled | stop => stopping: stop(polite) arm(reap)
cancelled | stop-firmly => stopping: stop(firm) arm(reap)
cancelled | started => busy: tell(started)
cancelled | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
cancelled | answer-2 => ready: tell(settled)
cancelled | log => busy: tell(log)
cancelled | fault => reaping: arm(reap)
cancelled | down => down: tell(down,child_failed) tell(restarting) arm(0)
cancelled | timer => killing: stop(firm) arm(reap)
cancelled | kill => killing: stop(hard) arm(reap)
cancelled | rest wake wake-again => busy: -

cancelled+waiting | run => busy: finish(9 worker_busy)
cancelled+waiting | cancel-7 cancel-99 cycle any-progress => busy: -
cancelled+waiting | cancel-8 => busy: finish(8 cancelled)
cancelled+waiting | stop => stopping: finish(8 shutting_down) stop(polite) arm(reap)
cancelled+waiting | stop-firmly => stopping: finish(8 shutting_down) stop(firm) arm(reap)
cancelled+waiting | started => busy: tell(started)
cancelled+waiting | hello answer-1 refuse-1 answer-99 => killing: stop(hard) arm(reap)
cancelled+waiting | answer-2 => busy: tell(settled) send(request 3) arm(request)
cancelled+waiting | log => busy: tell(log)
cancelled+waiting | fault => reaping: arm(reap)
cancelled+waiting | down => down: tell(down,child_failed) tell(restarting) arm(0)
cancelled+waiting | timer => killing: stop(firm) arm(reap)
cancelled+waiting | kill => killing: stop(hard) arm(reap)
cancelled+waiting | rest wake wake-again => busy: -

cycling | run any-cancel cycle hello any-answer any-progress fault => stopping: -
cycling | stop => stopping: stop(polite) arm(reap)
cycling | stop-firmly => stopping: stop(firm) arm(reap)
cycling | started => stopping: tell(started)
cycling | log => stopping: tell(log)
cycling | down => starting: tell(down,child_failed) spawn(1) arm(start)
cycling | timer => starting: tell(down,link_lost) spawn(1) arm(start)
cycling | kill rest wake wake-again => stopping: -

cycling+waiting | run => stopping: finish(9 worker_busy)
cycling+waiting | cancel-7 cancel-99 cycle hello any-answer any-progress fault => stopping: -
cycling+waiting | cancel-8 => stopping: finish(8 cancelled)
cycling+waiting | stop => stopping: finish(8 shutting_down) stop(polite) arm(reap)
cycling+waiting | stop-firmly => stopping: finish(8 shutting_down) stop(firm) arm(reap)
cycling+waiting | started => stopping: tell(started)
cycling+waiting | log => stopping: tell(log)
cycling+waiting | down => starting: tell(down,child_failed) spawn(1) arm(start)
cycling+waiting | timer => starting: tell(down,link_lost) spawn(1) arm(start)
cycling+waiting | kill rest wake wake-again => stopping: -

stopping | run => stopping: finish(9 worker_stopping)
stopping | any-cancel cycle hello any-answer any-progress fault => stopping: -
stopping | stop => stopping: stop(polite) arm(reap)
stopping | stop-firmly => stopping: stop(firm) arm(reap)
stopping | started => stopping: tell(started)
stopping | log => stopping: tell(log)
stopping | down => down: tell(down,child_failed) tell(stopped)
stopping | timer => down: tell(down,link_lost) tell(stopped)
stopping | kill rest wake wake-again => stopping: -

killing | run any-cancel stop stop-firmly cycle hello any-answer any-progress fault => killing: -
killing | started => killing: tell(started)
killing | log => killing: tell(log)
killing | down timer => down: tell(down,request_timeout) tell(restarting) arm(0)
killing | kill rest wake wake-again => killing: -

killing a start | run any-cancel stop stop-firmly cycle hello any-answer any-progress fault => killing: -
killing a start | started => killing: tell(started)
killing a start | log => killing: tell(log)
killing a start | down timer => down: tell(down,start_timeout) tell(restarting) arm(50)
killing a start | kill rest wake wake-again => killing: -

reaping | run => reaping: finish(9 worker_busy)
reaping | cancel-7 => reaping: finish(7 cancelled,sent)
reaping | cancel-8 cancel-99 cycle hello any-answer any-progress fault => reaping: -
reaping | stop stop-firmly => reaping: finish(7 shutting_down,sent)
reaping | started => reaping: tell(started)
reaping | log => reaping: tell(log)
reaping | down timer => down: tell(down,frame_bad_magic) finish(7 frame_bad_magic,sent) tell(restarting) arm(0)
reaping | kill rest wake wake-again => reaping: -

down | run any-cancel cycle started hello any-answer any-progress log fault down => down: -
down | stop stop-firmly => down: tell(stopped)
down | timer => starting: spawn(1) arm(start)
down | kill wake => down: -
down | rest => down: tell(resting)
down | wake-again => starting: spawn(1) arm(start)

down+waiting | run => down: finish(9 worker_busy)
down+waiting | cancel-7 cancel-99 cycle started hello any-answer any-progress log fault down => down: -
down+waiting | cancel-8 => down: finish(8 cancelled)
down+waiting | stop stop-firmly => down: finish(8 shutting_down) tell(stopped)
down+waiting | timer => starting: spawn(1) arm(start)
down+waiting | kill wake => down: -
down+waiting | rest => down: finish(8 worker_stopping) tell(resting)
down+waiting | wake-again => starting: spawn(1) arm(start)

stopped | run => down: finish(9 worker_stopping)
stopped | any-cancel stop stop-firmly cycle started hello any-answer any-progress log fault down timer => down: -
stopped | kill rest wake wake-again => down: -

given_up | run => given_up: finish(9 start_limit)
given_up | any-cancel cycle started hello any-answer any-progress log fault down timer => given_up: -
given_up | stop stop-firmly => given_up: tell(stopped)
given_up | kill => given_up: -
given_up | rest => given_up: tell(resting)
given_up | wake wake-again => starting: spawn(2) arm(start)

busy+rest | answer-1 answer-99 hello kill refuse-1 => killing: stop(hard) arm(reap)
busy+rest | answer-2 => stopping: finish(7 none,sent) stop(polite) arm(reap)
busy+rest | cancel-7 => busy: finish(7 cancelled,sent) send(cancel 2) arm(cancel)
busy+rest | cancel-8 cancel-99 cycle elaborates import-ends import-of-99 import-unknown rest wake wake-again => busy: -
busy+rest | down => down: tell(down,child_failed) finish(7 child_failed,sent) tell(resting)
busy+rest | fault => reaping: arm(reap)
busy+rest | import-begins => busy: arm(import) tell(importing)
busy+rest | log => busy: tell(log)
busy+rest | run => busy: finish(9 worker_stopping)
busy+rest | started => busy: tell(started)
busy+rest | stop => stopping: finish(7 shutting_down,sent) stop(polite) arm(reap)
busy+rest | stop-firmly => stopping: finish(7 shutting_down,sent) stop(firm) arm(reap)
busy+rest | timer => killing: finish(7 request_timeout,sent) stop(firm) arm(reap)

going to rest | cycle fault hello kill rest wake wake-again any-cancel any-answer any-progress => stopping: -
going to rest | down => down: tell(down,child_failed) tell(resting)
going to rest | log => stopping: tell(log)
going to rest | run => stopping: finish(9 worker_stopping)
going to rest | started => stopping: tell(started)
going to rest | stop => stopping: stop(polite) arm(reap)
going to rest | stop-firmly => stopping: stop(firm) arm(reap)
going to rest | timer => down: tell(down,link_lost) tell(resting)

resting | cycle down fault hello kill log started timer any-cancel any-answer any-progress => down: -
resting | rest => down: tell(resting)
resting | run => down: finish(9 worker_stopping)
resting | stop stop-firmly => down: tell(stopped)
resting | wake wake-again => starting: spawn(1) arm(start)
)";

} // namespace leanworker::internal
