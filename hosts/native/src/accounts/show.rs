//! What commands print: a table for people, or JSON.

use anyhow::Result;
use serde_json::Value;

/// Columns: what is in the heading, and the member of each row that is below it.
pub type Columns<'a> = &'a [(&'a str, &'a str)];

/// Prints rows on standard output: a table, or as JSON what they are.
///
/// # Errors
/// Where JSON cannot be written.
pub fn rows(rows: &[Value], columns: Columns, json: bool) -> Result<()> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(rows)?),
        false => print!("{}", table(rows, columns)),
    }
    Ok(())
}

/// Lines of aligned columns, with a heading where there is a row.
fn table(rows: &[Value], columns: Columns) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heading = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|(_, member)| cell(row.get(member))).collect());
    let lines: Vec<Vec<String>> = std::iter::once(heading).chain(cells).collect();
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(column).unwrap_or(0)).collect();
    let written = lines.iter().map(|line| {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    });
    written.collect()
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => "-".to_owned(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) if list.is_empty() => "-".to_owned(),
        Some(Value::Array(list)) => list.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned() {
        let rows = [
            json!({ "name": "ada", "emails": ["ada@example.org", "a@example.org"], "admin": true }),
            json!({ "name": "jürgen", "emails": [], "admin": false }),
        ];
        let columns = [("NAME", "name"), ("ADMIN", "admin"), ("E-MAIL", "emails"), ("QUOTA", "quota")];
        assert_eq!(
            table(&rows, &columns),
            "NAME    ADMIN  E-MAIL                         QUOTA\n\
             ada     yes    ada@example.org,a@example.org  -\n\
             jürgen  -      -                              -\n"
        );
        assert_eq!(table(&[], &columns), "");
    }
}
