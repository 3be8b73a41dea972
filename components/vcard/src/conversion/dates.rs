//! Dates and times in ISO 8601's two ways: basic, as 4.0 has them (`19850412T101530Z`), and extended, as 3.0 and jCard
//! do (`1985-04-12T10:15:30Z`). What is neither is left as it is.

/// A date, time, timestamp or offset in the basic format. Fractions of a second, which 4.0 does not know, are left out.
pub fn basic(value: &str) -> String {
    rewrite(value, without_dashes, |time| time.replace(':', ""), |offset| offset.replace(':', ""))
}

/// A date, time, timestamp or offset in the extended format.
pub fn extended(value: &str) -> String {
    rewrite(value, with_dashes, with_colons, with_colons)
}

/// What a format makes of a value of type time, the only one whose times have no T before them (RFC 6350 §4.3.2).
pub fn of_time(value: &str, format: fn(&str) -> String) -> String {
    format(&format!("T{value}")).chars().skip(1).collect()
}

/// An offset from UTC in the extended format (`-05:00`).
pub fn extended_offset(value: &str) -> String {
    value
        .split_at_checked(1)
        .map_or_else(|| value.to_owned(), |(sign, digits)| format!("{sign}{}", with_colons(digits)))
}

/// Rewrites the parts of a value. All of it is left where its date is not one.
fn rewrite(
    value: &str,
    date: impl Fn(&str) -> String,
    time: impl Fn(&str) -> String,
    offset: impl Fn(&str) -> String,
) -> String {
    let is_of_dates = |character: char| character.is_ascii_digit() || "-+:.,TZtz".contains(character);
    if value.is_empty() || !value.chars().all(is_of_dates) {
        return value.to_owned();
    }
    let Some((day, rest)) = value.split_once(['T', 't']) else { return date(value) };
    // A truncated time begins with dashes (`--30`), so an offset begins after the first digit.
    let digits = rest.find(|character: char| character.is_ascii_digit()).unwrap_or(0);
    let zone = rest[digits..].find(['Z', 'z', '+', '-']).map_or(rest.len(), |at| at + digits);
    let (clock, zone) = rest.split_at(zone);
    let clock = clock.split(['.', ',']).next().unwrap_or_default();
    format!("{}T{}{}", date(day), time(clock), offset(zone))
}

fn digits_at(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(octet, like)| if like == b'd' { octet.is_ascii_digit() } else { octet == like })
}

/// `1985-04-12` and `--04-12` without their dashes between digits. `1985-04` keeps its own (RFC 6350 §4.3.1).
fn without_dashes(date: &str) -> String {
    match () {
        () if digits_at(date, "dddd-dd-dd") => date.replace('-', ""),
        () if digits_at(date, "--dd-dd") => format!("--{}{}", &date[2..4], &date[5..]),
        () => date.to_owned(),
    }
}

fn with_dashes(date: &str) -> String {
    match () {
        () if digits_at(date, "dddddddd") => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        () if digits_at(date, "--dddd") => format!("--{}-{}", &date[2..4], &date[4..]),
        () => date.to_owned(),
    }
}

/// `101530`, `1015`, `-1530` or `+0130` with colons between their pairs of digits.
fn with_colons(time: &str) -> String {
    let start = time.find(|character: char| character.is_ascii_digit()).unwrap_or(time.len());
    let (signs, digits) = time.split_at(start);
    if digits.len() % 2 == 1 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return time.to_owned();
    }
    let mut out = signs.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            out.push(':');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_each_others_inverse() {
        for (short, long) in [
            ("19850412", "1985-04-12"),
            ("--0412", "--04-12"),
            ("---12", "---12"),
            ("1985-04", "1985-04"),
            ("1985", "1985"),
            ("19850412T101530Z", "1985-04-12T10:15:30Z"),
            ("19850412T1015-0500", "1985-04-12T10:15-05:00"),
            ("T102200", "T10:22:00"),
            ("T-2200", "T-22:00"),
            ("T--00", "T--00"),
            ("---22T14", "---22T14"),
            ("circa 1800", "circa 1800"),
            ("", ""),
        ] {
            assert_eq!(extended(short), long);
            assert_eq!(basic(long), short);
        }
    }

    #[test]
    fn a_time_by_itself_has_no_letter_before_it() {
        for (short, long) in
            [("102200", "10:22:00"), ("1022-0800", "10:22-08:00"), ("-2200", "-22:00"), ("noon", "noon"), ("", "")]
        {
            assert_eq!(of_time(short, extended), long);
            assert_eq!(of_time(long, basic), short);
        }
    }

    #[test]
    fn fractions_are_left_out() {
        assert_eq!(basic("2020-01-02T03:04:05.678Z"), "20200102T030405Z");
    }

    #[test]
    fn offsets_get_colons() {
        assert_eq!(extended_offset("-0500"), "-05:00");
        assert_eq!(extended_offset("+01"), "+01");
        assert_eq!(extended_offset(""), "");
    }
}
