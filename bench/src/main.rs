//! How long the requests of calendar clients take, over one connection and over several. Without `--url`, against a native host started for it.

mod connection;
mod measure;
mod scenario;
mod seed;
mod server;

use anyhow::Result;
use clap::Parser;
use connection::Account;

/// Measures a CalDAV server.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench --")]
struct Arguments {
    /// The calendar home of an account on a server that runs already (`http://HOST/dav/calendars/NAME/`); it has to take MKCALENDAR.
    #[arg(long, requires_all = ["user", "password"])]
    url: Option<url::Url>,
    /// The account's name.
    #[arg(long)]
    user: Option<String>,
    /// Its password.
    #[arg(long)]
    password: Option<String>,
    /// Events in the calendar that is read.
    #[arg(long, default_value_t = 1000)]
    events: usize,
    /// How often each request is made over one connection.
    #[arg(long, default_value_t = 200)]
    requests: usize,
    /// Connections at once in the second measurement.
    #[arg(long, default_value_t = 8)]
    connections: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Dropped at the end, which ends the server.
    let mut own = None;
    let account = match (arguments.url, arguments.user, arguments.password) {
        (Some(url), Some(user), Some(password)) => Account::new(&url, &user, &password)?,
        _ => own.insert(server::Server::start().await?).account()?,
    };
    let calendar = seed::fill(&account, arguments.events).await?;
    println!("\n{} events\n", arguments.events);
    println!(
        "{:<38} {:>9} {:>9} {:>9} {:>12}",
        "",
        "p50 ms",
        "p95 ms",
        "bytes",
        format!("{} at once /s", arguments.connections)
    );
    for scenario in scenario::all(&account, &calendar, arguments.events).await? {
        let one = measure::one_connection(&account, &scenario, arguments.requests).await?;
        let many = measure::many_connections(&account, &scenario, arguments.requests, arguments.connections).await?;
        println!("{:<38} {:>9.2} {:>9.2} {:>9} {:>12.0}", scenario.name, one.p50, one.p95, one.bytes, many);
    }
    drop(own);
    Ok(())
}
