//! Cards with large photographs: their bodies are in the blob store, and come back octet for octet.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kalends_tests::names::*;
use kalends_tests::{Client, Host, Server, bodies, empty_directory, shared};

/// A megabyte and a half that nothing compresses, from a seed.
fn photo(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        // Knuth's MMIX generator; its upper octet is good enough for a photograph.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..1_500_000).map(|_| next()).collect()
}

/// A card with that photograph, folded as RFC 2426 §2.6 has it.
fn card(uid: &str, photo: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(photo);
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(74).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Ann\r\nN:Ann;;;;\r\nPHOTO;ENCODING=b;TYPE=JPEG:\r\n {}\r\nEND:VCARD\r\n",
        lines.join("\r\n ")
    )
}

/// Files below a directory that are larger than a megabyte, the database's own left out.
fn large_files(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let count = |path: &Path| match path.is_dir() {
        true => large_files(path),
        false => {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let large = fs::metadata(path).is_ok_and(|file| file.len() > 1_000_000);
            usize::from(large && !name.contains("sqlite") && !name.contains(".db"))
        }
    };
    entries.map(|entry| count(&entry.path())).sum()
}

#[track_caller]
fn is_there(client: &Client, path: &str, expected: &str) {
    let answer = client.get(path).expect(200);
    assert!(answer.body() == expected.as_bytes(), "{path} is another card, of {} octets", answer.body().len());
}

#[test]
fn a_photograph_goes_to_the_blob_store_and_comes_back() {
    let directory = empty_directory("photos");
    let server = Server::start(&directory);
    let client = server.account();
    let [one, two, copied, moved] =
        ["one", "two", "copied", "moved"].map(|name| client.addressbooks(&format!("contacts/{name}.vcf")));
    let (first, second) = (card("one", &photo(1)), card("two", &photo(2)));
    // The native host keeps what it has compiled there too.
    let before = large_files(&directory);
    // With PostgreSQL the blob store is a table of the database's.
    let in_files = Host::tested() != Host::Fermyon;
    let holds = |bodies: usize| !in_files || large_files(&directory) - before == bodies;
    let etag = client.put_card(&one, &first).expect(201).etag();
    assert!(holds(1), "in a file of its own, and not in the database");
    client.put_card(&two, &second).expect(201);
    assert!(holds(2));
    is_there(&client, &one, &first);

    let book = client.addressbooks("contacts/");
    let hrefs = [one.clone(), two.clone()];
    let multiget =
        client.report(&book, "1", bodies::addressbook_multiget(&[GETETAG, ADDRESS_DATA], &hrefs)).multistatus();
    assert_eq!(multiget.of(&one).text(GETETAG), etag);
    for (path, card) in [(&one, &first), (&two, &second)] {
        // XML has one kind of line end (XML 1.0 §2.11).
        let given = multiget.of(path).prop(ADDRESS_DATA).exact_text().replace('\r', "");
        assert!(given == card.replace('\r', ""), "{path} in a multiget");
    }

    let other = client.addressbooks("others/");
    client.request("MKCOL", &other).xml(bodies::mkcol_addressbook("Others")).send().expect(201);
    let elsewhere = format!("{other}copied.vcf");
    client.request("COPY", &one).header("destination", &elsewhere).send().expect(201);
    client.request("MOVE", &two).header("destination", &moved).send().expect(201);
    is_there(&client, &elsewhere, &first);
    is_there(&client, &moved, &second);
    assert!(holds(2), "a copy shares its body");
    client.delete(&one).expect(204);
    is_there(&client, &elsewhere, &first);
    client.request("MOVE", &elsewhere).header("destination", &copied).send().expect(201);
    is_there(&client, &copied, &first);
}

/// A report over an address book of many photographs is refused in words, not by an instance that runs out of memory.
#[test]
fn more_cards_than_can_be_held_at_once_are_refused_and_fewer_are_given() {
    let client = shared().account();
    let book = client.addressbooks("contacts/");
    // 2 MB each, 34 MB in all.
    let paths: Vec<String> = (0..17).map(|number| format!("{book}{number}.vcf")).collect();
    for (number, path) in paths.iter().enumerate() {
        let card = card(&format!("uid-{number}"), &photo(number as u64)).replace("FN:Ann", &format!("FN:Ann {number}"));
        client.put_card(path, &card).expect(201);
    }
    let too_many = Name(DAV, "number-of-matches-within-limits");
    let multiget = |hrefs: &[String]| client.report(&book, "1", bodies::addressbook_multiget(&[ADDRESS_DATA], hrefs));
    multiget(&paths).refused(507, too_many);
    client.get(&book).refused(507, too_many);
    let some = multiget(&paths[..5]).multistatus();
    assert!(paths[..5].iter().all(|path| some.of(path).text(ADDRESS_DATA).contains("BEGIN:VCARD")));
    let listed = client.propfind(&book, "1", &[GETETAG]);
    assert_eq!(listed.responses.len(), 18, "what is there is told");
    let by_name = r#"<C:prop-filter name="FN"><C:text-match match-type="equals">Ann 3</C:text-match></C:prop-filter>"#;
    let found = client.report(&book, "1", bodies::addressbook_query(&[GETETAG], by_name)).multistatus();
    assert_eq!(found.hrefs(), [paths[3].as_str()], "what the index selects are few");
}
