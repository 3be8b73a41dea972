<?php
// The database of a new server, with one account: php database.php FILE NAME PASSWORD. The tables are those of sabre/dav's examples; its later versions have the
// indexes too.

[, $file, $name, $password] = $argv;
$database = new PDO("sqlite:$file");
$database->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$database->exec(<<<SQL
    CREATE TABLE users (id integer primary key asc, username text, digesta1 text, UNIQUE (username));
    CREATE TABLE principals (id integer primary key asc, uri text, email text, displayname text, vcardurl text, UNIQUE (uri));
    CREATE TABLE groupmembers (id integer primary key asc, principal_id integer, member_id integer, UNIQUE (principal_id, member_id));
    CREATE TABLE calendars (
        id integer primary key asc, principaluri text, displayname text, uri text, ctag integer, description text, calendarorder integer,
        calendarcolor text, timezone text, components text, transparent bool, UNIQUE (principaluri, uri)
    );
    CREATE TABLE calendarobjects (
        id integer primary key asc, calendardata blob, uri text, calendarid integer, lastmodified integer, etag text, size integer,
        componenttype text, firstoccurence integer, lastoccurence integer, UNIQUE (calendarid, uri)
    );
    CREATE TABLE addressbooks (
        id integer primary key asc, principaluri text, displayname text, uri text, description text, ctag integer, UNIQUE (principaluri, uri)
    );
    CREATE TABLE cards (
        id integer primary key asc, addressbookid integer, carddata blob, uri text, lastmodified integer, UNIQUE (addressbookid, uri)
    );
SQL);
$database->prepare('INSERT INTO users (username, digesta1) VALUES (?, ?)')->execute([$name, md5("$name:SabreDAV:$password")]);
$database->prepare('INSERT INTO principals (uri, displayname) VALUES (?, ?)')->execute(["principals/$name", $name]);
