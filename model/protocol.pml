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
#define TRIES 2 /* attempts at the one contact */
#if FACTS > 3
#error "CHAIN counts three numbers"
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
#define SAID(s, m) NUMBER(s, m), (m == 0 -> 45 : 96 + m) /* for %d%c: a number and a letter; "-" is nothing yet */
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

#include "source.pml"
#include "hearing.pml"
#include "contacting.pml"

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
