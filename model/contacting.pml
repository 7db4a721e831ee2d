/* Contact contacts: timers reserve a step when all is heard, senders hand it over once or not at all. */

/* services/contact/store/hearing.py: a source that does not answer is NOBODY_KNOWS. */
#define NOBODY_KNOWS 255
#ifdef NO_HEADS_CHECK
#define HEARD_OUT(s) true
#else
#ifdef UNREACHABLE_IS_QUIET
#define SILENT(s) (head[s] == NOBODY_KNOWS)
#else
#define SILENT(s) false
#endif
#ifdef HEADS_ARE_NUMBERS
#define UP_TO_HEAD(s) (SILENT(s) || (head[s] != NOBODY_KNOWS && NUMBER(s, head[s]) <= subject.heard[s]))
#else
#define UP_TO_HEAD(s) (SILENT(s) || head[s] == subject.last[s])
#endif
#ifdef NO_PARKED_CHECK
#define HEARD_OUT(s) UP_TO_HEAD(s)
#else
#define HEARD_OUT(s) (UP_TO_HEAD(s) && !subject.parked[s])
#endif
#endif
#if SOURCES > 1
#define ALL_HEARD_OUT (HEARD_OUT(0) && HEARD_OUT(1))
#define NOTHING_KNOWN_UNHEARD ((known[0] & UNHEARD(0)) == 0 && (known[1] & UNHEARD(1)) == 0)
#else
#define ALL_HEARD_OUT HEARD_OUT(0)
#define NOTHING_KNOWN_UNHEARD ((known[0] & UNHEARD(0)) == 0)
#endif

inline ask(s) {
    if
    :: d_step {
        head[s] = HEAD(s); known[s] = CHAIN(s);
        printf("timers %d asks %e: its head is %d%c\n", i, NAME(s), SAID(s, head[s]))
       }
    :: d_step {
        head[s] = NOBODY_KNOWS; known[s] = CHAIN(s);
        printf("timers %d cannot reach %e\n", i, NAME(s))
       }
    :: DIES(timers)
    fi
}

/* shared/timers.py and services/contact/timers.py: ask the heads first; then one transaction, under the row's lock. */
proctype Timers(byte i) {
    byte head[SOURCES], known[SOURCES];
begin:
    atomic {
        head[0] = 0; known[0] = 0;
#if SOURCES > 1
        head[1] = 0; known[1] = 0
#endif
    }
    subject.step == planned;
    ask(0);
#if SOURCES > 1
    ask(1);
#endif
    if
    :: d_step {
        subject.lock == 0 && subject.step == planned && ALL_HEARD_OUT ->
        printf("timers %d reserves attempt %d\n", i, subject.tries + 1);
        must(NOTHING_KNOWN_UNHEARD, contacted_unheard);
        attempt[subject.tries].state = reserved;
        attempt[subject.tries].told = true;
        subject.tries++;
        subject.step = reserved;
        subject.position++
       }
    :: subject.lock == 0 && !(subject.step == planned && ALL_HEARD_OUT)
    fi;
    goto begin
}

/* services/contact/store/attempts.py: what may be leased, begun and closed. A lease may be over at any time. */
#define OTHER(a) attempt[TRIES - 1 - a].state
#ifdef NO_HANDED_OVER_CHECK
#define HANDED_OVER_ALREADY(a) false
#else
#define HANDED_OVER_ALREADY(a) (OTHER(a) == sending || OTHER(a) == accepted || OTHER(a) == unknown)
#endif
#ifdef NO_WITHDRAWN_CHECK
#define STANDS(a) true
#else
#define STANDS(a) (!attempt[a].withdrawn)
#endif
#ifdef RESEND_SENDING
#define TO_BEGIN(a) (attempt[a].state == reserved || attempt[a].state == sending)
#else
#define TO_BEGIN(a) (attempt[a].state == reserved)
#endif
#ifdef NO_LEASE_CHECK
#define OURS(a) true
#else
#define OURS(a) (attempt[a].lease == _pid)
#endif
#ifdef NO_STATE_CHECK
#define IS_RESERVED(a) true
#else
#define IS_RESERVED(a) TO_BEGIN(a)
#endif
#define MAY_BEGIN(a) (IS_RESERVED(a) && OURS(a) && STANDS(a) && !HANDED_OVER_ALREADY(a))
#ifdef NO_ATTEMPT_BEFORE_CALL
#define BEGUN reserved
#else
#define BEGUN sending
#endif

inline claim(n) {
    TO_BEGIN(n) && STANDS(n) && attempt[n].lease != _pid ->
    a = n;
    attempt[n].lease = _pid;
    printf("sender %d leases attempt %d\n", i, n + 1)
}

inline begin_call() {
    printf("sender %d begins attempt %d\n", i, a + 1);
    must(subject.state[0] >> SETTLED_BY == 0, sent_though_settled);
    attempt[a].state = BEGUN
}

inline provider_takes(answer) {
    handed++;
    printf("the provider takes attempt %d from sender %d\n", a + 1, i);
    must(handed == 1, handed_over_twice);
    result = answer
}

inline close() {
    if
    :: ((attempt[a].state == reserved || attempt[a].state == sending) && attempt[a].lease == _pid) ||
        (attempt[a].state == unknown && (result == accepted || result == rejected)) ->
        attempt[a].state = result; attempt[a].told = false;
        printf("sender %d writes down that attempt %d is %e\n", i, a + 1, result)
    :: else
    fi;
    a = 0; result = none
}

#ifdef NO_INTERRUPT
#define IS_INTERRUPTED(n) false
#else
#define IS_INTERRUPTED(n) (attempt[n].state == sending && attempt[n].lease != _pid)
#endif

inline comes_out(n, outcome) {
    attempt[n].state = outcome;
    attempt[n].told = false;
    printf("sender %d finds that attempt %d is %e\n", i, n + 1, outcome)
}

/* What is found by looking around: begun and never answered; withdrawn; second. A deadline may be over at any time. */
inline tidy(n) {
    if
    :: IS_INTERRUPTED(n) -> comes_out(n, unknown); attempt[n].lease = 0
    :: attempt[n].state == reserved && attempt[n].withdrawn -> comes_out(n, cancelled)
    :: attempt[n].state == reserved && HANDED_OVER_ALREADY(n) -> comes_out(n, rejected)
    fi
}

#ifdef RETRY_UNCLEAR
#define HAS_RUN(n) (attempt[n].state == accepted)
#else
#define HAS_RUN(n) (attempt[n].state == accepted || attempt[n].state == unknown)
#endif

/* The borrower's story is told how an attempt came out; what certainly did not go out is still to be made. */
inline report(n) {
    !attempt[n].told && subject.lock == 0 ->
    attempt[n].told = true;
    printf("sender %d tells that attempt %d is %e\n", i, n + 1, attempt[n].state);
    if
    :: HAS_RUN(n) -> subject.step = over
    :: !HAS_RUN(n) && subject.step == reserved && subject.tries == n + 1 ->
        subject.step = (subject.tries < TRIES -> planned : over)
    :: else
    fi
}

/* services/contact/sender/loop.py: lease, write down as sending, call, write down the answer, tell. */
proctype Sender(byte i) {
    byte a;
    mtype result;
begin:
    a = 0; result = none;
    do
    :: d_step { tidy(0) }
    :: d_step { tidy(1) }
    :: d_step { report(0) }
    :: d_step { report(1) }
    :: if
       :: d_step { claim(0) }
       :: d_step { claim(1) }
       fi;
       if
       :: d_step { MAY_BEGIN(a) -> begin_call() }
       :: !MAY_BEGIN(a) -> goto begin
       :: DIES(sender)
       fi;
       if
       :: d_step { provider_takes(accepted) }
       :: d_step { provider_takes(unknown); printf("and its answer is lost\n") }
       :: d_step { result = unknown; printf("no answer; the provider took nothing\n") }
       :: d_step { result = rejected; printf("the provider cannot be reached\n") }
       :: d_step { result = cancelled; printf("too late to call\n") }
       :: DIES(sender)
       fi;
       if
       :: d_step { close() }
       :: DIES(sender)
       fi
    od
}
