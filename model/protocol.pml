/* The delivery protocol: ingest and feedback speak of one borrower; contact hears them, reserves, and sends.
 *
 * One proctype is one loop of a real process. Globals survive a kill: rows of databases, and topics. Locals are memory.
 * DIES may come at any step: what is killed rolls back, lets go of its locks and begins again. A process that is
 * killed is its loops killed one after another with nothing in between, so killing loop by loop covers it.
 *
 * Each guard stands here under the name by which -D takes it away. A fact is known by its stamp: the order in which
 * its source accepted it, whatever backup is restored. The stamp stands for the chained id; the `number` and the
 * `previous` of a stamp are what its source said of it for ever. In a trace 2c is number 2, stamp c.
 */

#ifndef SOURCES
#define SOURCES 1 /* 1: ingest; 2: feedback too */
#endif
#ifndef FACTS
#define FACTS 2 /* that each source may accept, at any time */
#endif
#ifndef SETTLED_BY
#define SETTLED_BY 1 /* the first stamp that settles the step; facts before it, such as a missed instalment, do not */
#endif
#ifndef RECORDS
#define RECORDS 3 /* that a topic can hold: bounds how much is published again */
#endif
#ifndef RELAYS
#define RELAYS 1
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef PULLS
#define PULLS 1
#endif
#ifndef TIMERS
#define TIMERS 0
#endif
#ifndef SENDERS
#define SENDERS 0
#endif
#ifndef RESTORES
#define RESTORES 0 /* of ingest's database from an older backup */
#endif
#ifndef SETBACKS
#define SETBACKS 0 /* of contact's database to an older backup */
#endif
#ifndef BUSY
#define BUSY 0 /* how often a row stays locked for longer than a consumer waits */
#endif
#ifndef TRIES
#define TRIES 2 /* attempts at the one contact */
#endif

mtype = { ingest, feedback, relay, consumer, pull, timers, sender };
mtype = { none, planned, reserved, over };                              /* the step, as the borrower's story has it */
mtype = { sending, accepted, rejected, unknown, cancelled };            /* an attempt, besides none and reserved */
mtype = { applied_twice, out_of_order, fork_swallowed, parked_for_nothing, never_heard, contacted_unheard,
          handed_over_twice, sent_though_settled, left_open };          /* what must not be */

typedef Source {
    byte facts;                 /* how many facts, ever */
    byte number[FACTS + 1];     /* by stamp */
    byte previous[FACTS + 1];   /* by stamp */
    byte said;                  /* subjects.said */
    byte chain[FACTS + 1];      /* announcements: the stamp, by number */
    byte published;             /* unpublished: the numbers above this one */
    byte leader;                /* who holds the relay's advisory lock */
    byte record[RECORDS];       /* the topic */
    byte end;
    byte committed;             /* the offset of contact's group */
};

typedef Subject {               /* contact's row of the borrower */
    byte lock;
    byte position;              /* journal: its primary key is (key, position) */
    byte heard[SOURCES];        /* numbers */
    byte last[SOURCES];         /* heard_ids */
    byte state[SOURCES];        /* which stamps the state was made of, as bits */
    byte gap[SOURCES];          /* gaps.seen */
    bool parked[SOURCES];
    mtype step;
    byte tries;
};

typedef Attempt {
    mtype state;
    byte lease;
    bool withdrawn;
    bool told;
};

Source source[SOURCES];
Subject subject;
Attempt attempt[TRIES];
byte handed;                    /* how often a provider took the step */
byte busy = BUSY;
#ifdef KILLS
byte kills = KILLS;
#endif

#define NAME(s) (s == 0 -> ingest : feedback)
#define NUMBER(s, m) source[s].number[m]
#define SAID(s, m) NUMBER(s, m), (m == 0 -> 45 : 96 + m) /* for %d%c: number and letter; 0- is nothing yet */
#define BIT(m) (1 << (m))
#define CHAIN(s) ((BIT(source[s].chain[1]) | BIT(source[s].chain[FACTS - 1]) | BIT(source[s].chain[FACTS])) & ~1)
#define HEAD(s) source[s].chain[source[s].said]
#define UNHEARD(s) (CHAIN(s) & ~subject.state[s])

#ifdef KILLS
#define MAY_FAIL (kills > 0)
#define SPENT kills--
#else
#define MAY_FAIL true
#define SPENT skip
#endif
#define DIES(who) d_step { MAY_FAIL -> SPENT; let_go(); printf("%e %d is killed\n", who, i) } -> goto begin

inline let_go() {
    subject.lock = (subject.lock == _pid -> 0 : subject.lock);
    attempt[0].lease = (attempt[0].lease == _pid -> 0 : attempt[0].lease);
    attempt[1].lease = (attempt[1].lease == _pid -> 0 : attempt[1].lease);
    source[0].leader = (source[0].leader == _pid -> 0 : source[0].leader);
#if SOURCES > 1
    source[1].leader = (source[1].leader == _pid -> 0 : source[1].leader)
#endif
}

inline must(holds, property) {
    if
    :: (holds)
    :: else -> printf("!! %e\n", property); assert(false)
    fi
}

inline raise_to(what, least) {
    what = (what < least -> least : what)
}

/* ------------------------------------------------------------------------------------------------- a source */

inline publish(s, m) {
    source[s].record[source[s].end] = m;
    source[s].end++;
    printf("%e's topic receives %d%c\n", NAME(s), SAID(s, m))
}

/* One transaction takes the fact, numbers and chains what follows, and queues it; 2xx comes after the commit. */
proctype Door(byte s) {
    do
    :: d_step {
        source[s].facts < FACTS ->
        source[s].facts++;
        source[s].said++;
        source[s].number[source[s].facts] = source[s].said;
        source[s].previous[source[s].facts] = source[s].chain[source[s].said - 1];
        source[s].chain[source[s].said] = source[s].facts;
        printf("%e accepts a fact and says %d%c\n", NAME(s), SAID(s, source[s].facts))
       }
#ifdef NO_OUTBOX
       source[s].published = source[s].said;
       if
       :: d_step { source[s].end < RECORDS -> publish(s, source[s].facts) }
       :: printf("%e is killed\n", NAME(s))
       fi
#endif
    :: break
    od
}

#ifdef NO_RELAY_LOCK
#define LEADS true
#define NOBODY_LEADS true
#else
#define LEADS (source[s].leader == _pid)
#define NOBODY_LEADS (source[s].leader == 0)
#endif

inline forget() {
    raise_to(source[s].published, upto);
    printf("relay %d of %e takes its batch off the queue\n", i, NAME(s))
}

/* shared/relay.py: read the lowest, publish in order, await every acknowledgement, delete. */
proctype Relay(byte s, i) {
    byte batch[FACTS + 1], at, upto;
begin:
    atomic {
        at = 0; upto = 0;
        do :: at <= FACTS -> batch[at] = 0; at++ :: else -> at = 0; break od
    }
    d_step {
        NOBODY_LEADS && source[s].published < source[s].said ->
        source[s].leader = _pid;
        do :: at <= FACTS -> batch[at] = source[s].chain[at]; at++ :: else -> break od;
        at = source[s].published + 1;
        upto = source[s].said;
        printf("relay %d of %e reads its queue, %d to %d\n", i, NAME(s), at, upto);
#ifdef DELETE_BEFORE_ACK
        forget()
#endif
    }
    do
    :: d_step { at <= upto && source[s].end < RECORDS -> publish(s, batch[at]); at++ }
    :: at > upto -> break
    :: d_step { MAY_FAIL && source[s].leader == _pid -> SPENT; source[s].leader = 0; printf("relay %d of %e loses its session\n", i, NAME(s)) }
    :: DIES(relay)
    od;
    if
    :: d_step { LEADS -> forget(); source[s].leader = 0 }
    :: !LEADS
    :: DIES(relay)
    fi;
    goto begin
}

/* An older backup is restored: what was said after it is gone from the database, though not from the topic. */
proctype Restore() {
    byte b, n;
    do
    :: b + 1 < source[0].said -> b++
    :: b < source[0].said -> break
    od;
    atomic {
        b < source[0].said -> 
        n = b + 1;
        do :: n <= FACTS -> source[0].chain[n] = 0; n++ :: else -> break od;
        source[0].said = b;
        source[0].published = (source[0].published > b -> b : source[0].published);
        source[0].leader = 0;
        printf("ingest is restored from a backup that ends with number %d\n", b);
        b = 0; n = 0
    }
}

/* -------------------------------------------------------------------------------------------------- contact hears */

/* shared/fold/subject.py, standing_of: next, repeat, gap or fork. */
#ifdef IDS_BY_NUMBER
#define SAME_ID(m, n) (NUMBER(s, m) == NUMBER(s, n))
#define FOLLOWS(m, n) (NUMBER(s, m) == NUMBER(s, n) + 1)
#else
#define SAME_ID(m, n) (m == n)
#define FOLLOWS(m, n) (source[s].previous[m] == n)
#endif
#ifdef NO_ID_CHECK
#define IS_LAST_HEARD(m) (NUMBER(s, m) == heard)
#else
#define IS_LAST_HEARD(m) (NUMBER(s, m) == heard && SAME_ID(m, last))
#endif
#ifdef NO_PREVIOUS_CHECK
#define IS_NEXT(m) (NUMBER(s, m) == heard + 1)
#else
#define IS_NEXT(m) (NUMBER(s, m) == heard + 1 && FOLLOWS(m, last))
#endif
#if defined(IDS_BY_NUMBER) || defined(NO_OLD_ID_CHECK)
#define WAS_HEARD(m) true
#else
#define WAS_HEARD(m) (subject.state[s] & BIT(m)) /* the journal knows each id that was heard */
#endif
#define IS_REPEAT(m) (IS_LAST_HEARD(m) || (NUMBER(s, m) < heard && WAS_HEARD(m)))

inline sift() {
    if
#ifdef NO_NUMBER_CHECK
    :: true -> take_in()
#else
    :: IS_REPEAT(m) ->
        printf("%e %d drops %d%c of %e: heard before\n", who, i, SAID(s, m), NAME(s));
        must(subject.state[s] & BIT(m), fork_swallowed)
    :: else ->
        if
        :: subject.parked[s] || NUMBER(s, m) > heard + 1 -> note_gap()
        :: else ->
            if
            :: IS_NEXT(m) && !condemned -> take_in()
            :: else -> park()
            fi
        fi
#endif
    fi
}

inline note_gap() {
#ifndef NO_GAP_NOTE
    raise_to(subject.gap[s], NUMBER(s, m));
#endif
    printf("%e %d drops %d%c of %e: a gap\n", who, i, SAID(s, m), NAME(s))
}

inline park() {
    printf("%e %d parks %d%c of %e\n", who, i, SAID(s, m), NAME(s));
    must(!(subject.state[s] & BIT(m)) && source[s].previous[m] != subject.last[s], parked_for_nothing);
    subject.parked[s] = true
}

/* Apply: the state, the number and the journal change together. A payment settles what is planned. */
inline take_in() {
    printf("%e %d applies %d%c of %e\n", who, i, SAID(s, m), NAME(s));
    must(!(subject.state[s] & BIT(m)), applied_twice);
    must(source[s].previous[m] == subject.last[s], out_of_order);
    subject.state[s] = state | BIT(m);
    subject.heard[s] = NUMBER(s, m);
    subject.last[s] = m;
    subject.position = position + 1;
    if
    :: m >= SETTLED_BY && subject.step == reserved -> attempt[subject.tries - 1].withdrawn = true; subject.step = over
    :: m >= SETTLED_BY && subject.step != reserved -> subject.step = over
    :: else
    fi
}

/* shared/fold/apply.py: lock the row, read, decide, write, commit. A clash in the journal runs the item once more. */
#ifdef NO_ROW_LOCK
#define ROW_IS_FREE true
#else
#define ROW_IS_FREE (subject.lock == 0)
#endif
#ifdef NO_JOURNAL_KEY
#define CLASHES false
#else
#define CLASHES (subject.position != position)
#endif

inline read_row() {
    heard = subject.heard[s]; last = subject.last[s]; state = subject.state[s]; position = subject.position
}

inline fold() {
    do
    :: d_step { ROW_IS_FREE -> subject.lock = _pid; read_row() }
       if
       :: d_step { CLASHES && !condemned -> condemned = true; let_go() }
       :: d_step { !CLASHES || condemned -> sift(); let_go(); heard = 0; last = 0; state = 0; position = 0; condemned = false } -> break
       :: DIES(who)
       fi
    :: d_step { busy > 0 && subject.lock != 0 -> busy--; stuck = true } -> break
    od
}

#define FOLDING byte m, heard, last, state, position; bool stuck, condemned

inline fetch() {
    m = source[s].record[next[s]];
    next[s]++;
#ifdef OFFSET_BEFORE_COMMIT
    source[s].committed = next[s]
#endif
}

/* shared/consumer/kafka.py: a record through the fold, then the offset, which is advice. */
proctype Consumer(byte i) {
    mtype who = consumer;
    byte s, next[SOURCES];
    FOLDING;
begin:
    atomic {
        s = 0; m = 0; heard = 0; last = 0; state = 0; position = 0; stuck = false; condemned = false;
        next[0] = source[0].committed;
#if SOURCES > 1
        next[1] = source[1].committed
#endif
    }
    do
    :: if
       :: d_step { next[0] < source[0].end -> s = 0; fetch() }
#if SOURCES > 1
       :: d_step { next[1] < source[1].end -> s = 1; fetch() }
#endif
       fi;
       fold();
       do
       :: d_step { stuck -> note_gap(); stuck = false }
       :: d_step { !stuck -> source[s].committed = next[s]; s = 0; m = 0 } -> break
       :: DIES(consumer)
       od
    od
}

#ifdef NO_LOST_TAIL_AUDIT
#define IS_BEHIND(s) false
#else
#ifdef AUDIT_BY_NUMBER
#define IS_BEHIND(s) (source[s].said > subject.heard[s] && subject.gap[s] < source[s].said)
#else
#define IS_BEHIND(s) (HEAD(s) != 0 && !(subject.state[s] & BIT(HEAD(s))) && !subject.parked[s] && subject.gap[s] < source[s].said)
#endif
#endif
#ifdef NO_GAP_PULL
#define IS_OPEN(s) false
#else
#define IS_OPEN(s) (subject.gap[s] > 0 && !subject.parked[s])
#endif

/* Closed when it is heard out, or when its source, asked after it was read, knows of nothing more. */
inline close_gap() {
    if
    :: subject.gap[s] <= subject.heard[s] || subject.gap[s] <= seen -> subject.gap[s] = 0
    :: else
    fi
}

/* shared/pull.py: the audit notes a lost tail as a gap; a gap is pulled from its source, through the same fold. */
proctype Pull(byte i) {
    mtype who = pull;
    byte s, head, seen;
    FOLDING;
begin:
    atomic { s = 0; head = 0; seen = 0; m = 0; heard = 0; last = 0; state = 0; position = 0; stuck = false; condemned = false }
    do
    :: if
       :: d_step { IS_BEHIND(0) -> s = 0; m = HEAD(0); printf("the audit asks %e: its head is %d%c\n", NAME(s), SAID(s, m)) }
#if SOURCES > 1
       :: d_step { IS_BEHIND(1) -> s = 1; m = HEAD(1); printf("the audit asks %e: its head is %d%c\n", NAME(s), SAID(s, m)) }
#endif
       fi;
       if
       :: d_step { subject.heard[s] < NUMBER(s, m) -> raise_to(subject.gap[s], NUMBER(s, m)); s = 0; m = 0; printf("the audit notes a gap\n") }
       :: subject.heard[s] >= NUMBER(s, m) -> 
#ifndef AUDIT_BY_NUMBER
          fold();
#endif
          goto begin
       :: DIES(pull)
       fi
    :: if
       :: d_step { IS_OPEN(0) -> s = 0; seen = subject.gap[s]; head = subject.heard[s] }
#if SOURCES > 1
       :: d_step { IS_OPEN(1) -> s = 1; seen = subject.gap[s]; head = subject.heard[s] }
#endif
       fi;
       if
       :: d_step { head < source[s].said -> m = source[s].chain[head + 1]; seen = 0; printf("pull asks %e for what follows %d\n", NAME(s), head) }
       :: head >= source[s].said
       :: DIES(pull)
       fi;
       if
       :: m != 0 -> printf("pull %d has %d%c of %e\n", i, SAID(s, m), NAME(s)); fold()
       :: m == 0
       fi;
       if
       :: d_step { close_gap(); s = 0; head = 0; seen = 0; m = 0; stuck = false }
       :: DIES(pull)
       fi
    od
}

/* Contact's database goes back to a backup: to any beginning of what was heard. Topics and offsets do not. */
proctype Setback() {
    byte back;
    subject.heard[0] > 0;
    do
    :: back < FACTS -> back++
    :: back > 0 -> break
    od;
    atomic {
        subject.lock == 0 && !subject.parked[0] && back <= subject.heard[0] ->
        do
        :: back > 0 ->
            subject.state[0] = subject.state[0] & ~BIT(subject.last[0]);
            subject.last[0] = source[0].previous[subject.last[0]];
            back--
        :: else -> break
        od;
        subject.heard[0] = NUMBER(0, subject.last[0]);
        subject.position = subject.heard[0];
        subject.gap[0] = 0;
#if SENDERS > 0
        subject.step = planned; subject.tries = 0;
        attempt[0].state = none; attempt[0].withdrawn = false; attempt[0].told = true;
        attempt[1].state = none; attempt[1].withdrawn = false; attempt[1].told = true;
#endif
        printf("contact is restored from a backup that had heard ingest to %d\n", subject.heard[0])
    }
}

/* ------------------------------------------------------------------------------------------------- contact contacts */

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
    :: d_step { head[s] = HEAD(s); known[s] = CHAIN(s); printf("timers %d asks %e: its head is %d%c\n", i, NAME(s), SAID(s, head[s])) }
    :: d_step { head[s] = NOBODY_KNOWS; known[s] = CHAIN(s); printf("timers %d cannot reach %e\n", i, NAME(s)) }
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
    TO_BEGIN(n) && STANDS(n) && attempt[n].lease != _pid -> a = n; attempt[n].lease = _pid; printf("sender %d leases attempt %d\n", i, n + 1)
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

/* What the second sweep of a sender finds: begun and never answered; withdrawn; second. The deadline may be over any time. */
inline tidy(n) {
    if
    :: IS_INTERRUPTED(n) -> attempt[n].state = unknown; attempt[n].lease = 0; attempt[n].told = false; printf("sender %d finds attempt %d interrupted: unknown\n", i, n + 1)
    :: attempt[n].state == reserved && attempt[n].withdrawn -> attempt[n].state = cancelled; attempt[n].told = false; printf("sender %d drops attempt %d, withdrawn\n", i, n + 1)
    :: attempt[n].state == reserved && HANDED_OVER_ALREADY(n) -> attempt[n].state = rejected; attempt[n].told = false
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
    :: !HAS_RUN(n) && subject.step == reserved && subject.tries == n + 1 -> subject.step = (subject.tries < TRIES -> planned : over)
    :: else
    fi
}

/* services/contact/sender.py: lease, write down as sending, call, write down the answer, tell. */
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

/* When nothing can move any more, everything is heard, or parked where an operator sees it; nothing is left open. */
proctype Quiet() {
    timeout;
    d_step {
        must(UNHEARD(0) == 0 || subject.parked[0], never_heard);
#if SOURCES > 1
        must(UNHEARD(1) == 0 || subject.parked[1], never_heard);
#endif
#if SENDERS > 0
        must(attempt[0].state != reserved && attempt[0].state != sending && attempt[0].told, left_open);
        must(attempt[1].state != reserved && attempt[1].state != sending && attempt[1].told, left_open)
#endif
    }
}

init {
    byte n;
    atomic {
        subject.step = planned;
        attempt[0].state = none; attempt[0].told = true;
        attempt[1].state = none; attempt[1].told = true;
        run Door(0);
#if SOURCES > 1
        run Door(1);
#endif
#ifndef NO_OUTBOX
        n = 1; do :: n <= RELAYS -> run Relay(0, n); n++ :: else -> break od;
#if SOURCES > 1
        n = 1; do :: n <= RELAYS -> run Relay(1, n); n++ :: else -> break od;
#endif
#endif
        n = 1; do :: n <= CONSUMERS -> run Consumer(n); n++ :: else -> break od;
        n = 1; do :: n <= PULLS -> run Pull(n); n++ :: else -> break od;
        n = 1; do :: n <= TIMERS -> run Timers(n); n++ :: else -> break od;
        n = 1; do :: n <= SENDERS -> run Sender(n); n++ :: else -> break od;
        n = 0;
#if RESTORES
        run Restore();
#endif
#if SETBACKS
        run Setback();
#endif
#ifndef FAIRLY
        run Quiet()
#endif
    }
}

/* What is sought under fairness is a run without end; where all stand still, time goes on. */
#ifdef FAIRLY
active proctype Time() {
    do
    :: true -> true
    od
}

ltl heard { <> [] (UNHEARD(0) == 0 || subject.parked[0]) }
#endif
