//! The lines of one component: what is said in them, without a look at more of it than that takes.

/// Lines put together again (RFC 5545 §3.1), each with how deep it is: 1 is the item itself.
pub fn unfolded(lines: &[&str]) -> Vec<(usize, String)> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    for line in lines {
        if let Some(rest) = line.strip_prefix([' ', '\t'])
            && let Some((_, last)) = whole.last_mut()
        {
            last.push_str(rest);
            continue;
        }
        let upper = line.get(..6).unwrap_or_default().to_ascii_uppercase();
        depth += usize::from(upper == "BEGIN:");
        whole.push((depth, (*line).to_owned()));
        depth -= usize::from(upper.starts_with("END:") && depth > 0);
    }
    whole
}

/// The value of a property of the item itself, not of what is in it.
pub fn property(lines: &[&str], name: &str) -> Option<String> {
    let value = |line: &str| {
        let (start, value) = line.split_once(':')?;
        let found = start.split(';').next()?.eq_ignore_ascii_case(name);
        Some(value.trim().to_owned()).filter(|value| found && !value.is_empty())
    };
    unfolded(lines).iter().filter(|(depth, _)| *depth == 1).find_map(|(_, line)| value(line))
}

/// The time zones that properties name.
pub fn zones_of(lines: &[&str]) -> Vec<String> {
    let zone = |line: String| {
        let at = line.to_ascii_uppercase().find(";TZID=")? + ";TZID=".len();
        let rest = line.get(at..)?;
        let value = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([':', ';', ',']).next(),
        };
        value.map(str::to_owned)
    };
    unfolded(lines).into_iter().filter_map(|(_, line)| zone(line)).collect()
}
