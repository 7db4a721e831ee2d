/* Contact hears: by its consumers and its pull, through one fold; and goes back when an older backup is restored. */

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

inline forget_row() {
    heard = 0; last = 0; state = 0; position = 0; condemned = false
}

inline fold() {
    do
    :: d_step { ROW_IS_FREE -> subject.lock = _pid; read_row() }
       if
       :: d_step { CLASHES && !condemned -> condemned = true; let_go() }
       :: d_step { !CLASHES || condemned -> sift(); let_go(); forget_row() } -> break
       :: DIES(who)
       fi
    :: d_step {
        busy > 0 && subject.lock != 0 ->
        busy--; stuck = true;
        printf("%e %d finds the row locked, and waits no longer\n", who, i)
       } -> break
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
        s = 0; m = 0; stuck = false; forget_row();
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
#define IS_NEWS_OF(s) (HEAD(s) != 0 && !(subject.state[s] & BIT(HEAD(s))))
#define IS_BEHIND(s) (IS_NEWS_OF(s) && !subject.parked[s] && subject.gap[s] < source[s].said)
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

inline ask_head() {
    m = HEAD(s);
    printf("the audit asks %e: its head is %d%c\n", NAME(s), SAID(s, m))
}

/* shared/pull.py: the audit notes a lost tail as a gap; a gap is pulled from its source, through the same fold. */
proctype Pull(byte i) {
    mtype who = pull;
    byte s, head, seen;
    FOLDING;
begin:
    atomic { s = 0; head = 0; seen = 0; m = 0; stuck = false; forget_row() }
    do
    :: if
       :: d_step { IS_BEHIND(0) -> s = 0; ask_head() }
#if SOURCES > 1
       :: d_step { IS_BEHIND(1) -> s = 1; ask_head() }
#endif
       fi;
       if
       :: d_step {
            subject.heard[s] < NUMBER(s, m) ->
            raise_to(subject.gap[s], NUMBER(s, m));
            s = 0; m = 0;
            printf("the audit notes a gap\n")
          }
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
       :: d_step {
            head < source[s].said ->
            m = source[s].chain[head + 1]; seen = 0;
            printf("pull asks %e for what follows %d\n", NAME(s), head)
          }
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
