#[test]
fn scratch() {
    let dir = std::env::var("VCF_DIR").unwrap();
    let (mut good, mut bad) = (0, 0);
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "vcf") { continue; }
        let bytes = std::fs::read(&path).unwrap();
        match crate::card::split(&bytes) {
            Err(f) => println!("SPLIT {path:?}: {} {}", f.line, f.message),
            Ok(cards) => for card in cards {
                match crate::card::Card::read(&card).and_then(|card| card.properties().collect::<Result<Vec<_>,_>>()) {
                    Ok(_) => good += 1,
                    Err(f) => { bad += 1; println!("{path:?}: {} {}", f.line, f.message) }
                }
            }
        }
    }
    println!("good {good} bad {bad}");
}
