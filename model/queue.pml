/* The relay's queue under two writers: ids are drawn in one order and committed in another.
 *
 * Each writer speaks of a subject of its own, under that subject's row lock, so in order. The sequence is outside
 * transactions: an id is drawn first, and seen when its transaction commits, or never.
 */

#define WRITERS 2
#ifndef FACTS
#define FACTS 2 /* that each writer says */
#endif
#define IDS 6 /* that the sequence gives out: two more than are needed, for what is rolled back */

mtype = { never_heard, out_of_order };

byte sequence;
byte writer_of[IDS + 1];    /* announcements: who committed this id; 0 for nobody */
bool unpublished[IDS + 1];
bool published[IDS + 1];    /* the topic has it */
byte latest[WRITERS + 1];   /* the last id of each subject on the topic */
byte cursor;

inline must(holds, property) {
    if
    :: (holds)
    :: else -> printf("!! %e\n", property); assert(false)
    fi
}

/* shared/announcements/said.py, announce: one statement inserts the announcement, and its id into the queue. */
proctype Writer(byte i) {
    byte id, said;
    do
    :: d_step {
        said < FACTS && sequence < IDS ->
        sequence++; id = sequence; printf("a transaction about subject %d draws id %d\n", i, id)
       }
       if
       :: d_step { writer_of[id] = i; unpublished[id] = true; said++; printf("id %d is committed\n", id); id = 0 }
       :: d_step { printf("id %d is rolled back\n", id); id = 0 }
       fi
    :: break
    od
}

#ifdef CURSOR_INSTEAD_OF_OUTBOX
#define WAITS(id) (writer_of[id] != 0 && id > cursor)
#else
#define WAITS(id) unpublished[id]
#endif

/* shared/relay.py: the lowest that waits is published, and taken off the queue when it is acknowledged. */
proctype Relay() {
    byte id;
    do
    :: atomic {
        (WAITS(1) || WAITS(2) || WAITS(3) || WAITS(4) || WAITS(5) || WAITS(6)) -> id = 1;
        do
        :: !WAITS(id) -> id++
        :: WAITS(id) -> break
        od
       }
       d_step {
        must(published[id] || id > latest[writer_of[id]], out_of_order);
        published[id] = true;
        latest[writer_of[id]] = (latest[writer_of[id]] < id -> id : latest[writer_of[id]]);
        printf("the topic receives id %d\n", id)
       }
       if
       :: d_step { unpublished[id] = false; cursor = id; printf("the relay is done with id %d\n", id) }
       :: printf("the relay is killed\n")
       fi
    od
}

/* When nothing can move any more, everything that was committed is on the topic. */
proctype Quiet() {
    byte id;
    timeout;
    d_step {
        id = 1;
        do
        :: id <= IDS -> must(writer_of[id] == 0 || published[id], never_heard); id++
        :: else -> break
        od
    }
}

init {
    atomic { run Writer(1); run Writer(2); run Relay(); run Quiet() }
}
