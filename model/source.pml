/* A source: what it accepts, says and publishes; and what is left of it when an older backup is restored. */

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
    :: d_step {
        MAY_FAIL && source[s].leader == _pid ->
        SPENT; source[s].leader = 0;
        printf("relay %d of %e loses its session\n", i, NAME(s))
       }
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
