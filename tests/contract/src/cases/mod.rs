//! The cases, by subject.

use crate::world::World;

mod accounts;
mod bodies;
mod moves;
mod people;
mod preconditions;
mod queries;
mod quotas;
mod sequence;
mod standing;
mod tombstones;
mod uids;

/// The name of the case of the cache, which takes time to pass, and so is put by hand: `begin` remembers for a second,
/// and `end` fails until it is over.
pub const CACHE: &str = "what_the_cache_remembers_expires";

/// A case.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// All of it; where there are writers, what comes before them.
    pub begin: fn(&World<'_>),
    /// What several do at once.
    pub writers: Option<Writers>,
}

/// Several at once, each on a connection of its own, and what has to be so at their end.
pub struct Writers {
    /// How many.
    pub count: u32,
    /// What the one with this number does.
    pub write: fn(&World<'_>, u32),
    /// What comes after all of them.
    pub end: fn(&World<'_>),
}

/// A table of cases from their functions: `one` for all of a case, or `(before, count * write, after)`.
macro_rules! cases {
    ($($subject:ident { $($case:tt),+ $(,)? })+) => {
        &[$($(case!($subject $case)),+),+]
    };
}

macro_rules! case {
    ($subject:ident ($begin:ident, $count:literal * $write:ident, $end:ident)) => {
        Case {
            name: stringify!($end),
            begin: $subject::$begin,
            writers: Some(Writers { count: $count, write: $subject::$write, end: $subject::$end }),
        }
    };
    ($subject:ident $begin:ident) => {
        Case { name: stringify!($begin), begin: $subject::$begin, writers: None }
    };
}

/// All of them but [`CACHE`].
pub const CASES: &[Case] = cases! {
    accounts {
        a_dossier_tells_of_somebody_what_is_asked,
        guesses_are_counted_apart_from_failures,
        a_look_up_counts_no_guess_where_too_many_have_failed,
        sessions_end_but_for_the_newest,
        who_retires_keeps_what_is_their_own_and_nothing_else,
        what_is_made_has_its_number_told_and_is_shared_in_the_same_write,
    }
    standing {
        the_standing_is_another_with_every_change_that_ends_a_sign_in,
        the_standing_stays_whatever_else_is_written,
    }
    preconditions {
        entity_tags_hold_or_nothing_is_written,
        every_guard_that_does_not_hold_takes_the_write_back,
        a_failure_takes_all_of_a_write_back,
        (nothing, 6 * create_the_same, of_several_that_create_one_does),
    }
    sequence {
        an_update_raises_the_number_and_keeps_when_it_was_made,
        (nothing, 6 * write_many, change_numbers_have_neither_gap_nor_repetition),
    }
    tombstones {
        only_what_changed_is_told_in_the_order_of_changes,
        a_limit_cuts_changes_and_removals_together_and_nothing_is_lost,
        tags_say_what_resources_say,
    }
    uids {
        a_uid_is_in_a_collection_once,
        (nothing, 4 * store_the_same, of_several_bodies_with_one_uid_one_is_stored),
    }
    moves {
        what_is_moved_keeps_its_properties_and_leaves_a_tombstone,
        a_transfer_onto_itself_changes_nothing,
        (two_ends, 4 * to_and_fro, moves_to_and_fro_lose_nothing),
    }
    bodies {
        every_body_comes_back_octet_for_octet,
        a_large_body_is_replaced_copied_and_removed,
        (nothing, 4 * store_a_large_one, one_large_body_of_several_writers_stays),
    }
    queries {
        a_time_range_finds_what_may_overlap_it,
        a_time_range_finds_what_overlaps_it_however_long_it_lasts,
        more_than_a_hundred_of_everything,
        more_than_ten_thousand_names,
    }
    people {
        people_are_told_of_with_what_is_read,
        who_leaves_a_share_has_it_no_more_or_nothing_changes,
    }
    quotas {
        a_quota_is_kept,
        (four_calendars, 4 * fill, a_quota_holds_over_all_collections),
    }
};
