<?php
// sabre/dav's own example of a groupware server, with Basic authentication as Baïkal has it: passwords as MD5, asked of the database.

// Debian's version is older than PHP 8, which deprecates much of what it does.
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', '0');
date_default_timezone_set('UTC');
require_once 'Sabre/autoload.php';

class Passwords extends \Sabre\DAV\Auth\Backend\AbstractBasic {
    public function __construct(private PDO $database) {}

    protected function validateUserPass($username, $password) {
        $found = $this->database->prepare('SELECT digesta1 FROM users WHERE username = ?');
        $found->execute([$username]);
        return $found->fetchColumn() === md5("$username:SabreDAV:$password");
    }
}

$database = new PDO('sqlite:' . $_SERVER['DATABASE']);
$database->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$database->setAttribute(PDO::ATTR_TIMEOUT, 10);
$principals = new \Sabre\DAVACL\PrincipalBackend\PDO($database);
$server = new \Sabre\DAV\Server([
    new \Sabre\CalDAV\Principal\Collection($principals),
    new \Sabre\CalDAV\CalendarRootNode($principals, new \Sabre\CalDAV\Backend\PDO($database)),
    new \Sabre\CardDAV\AddressBookRoot($principals, new \Sabre\CardDAV\Backend\PDO($database)),
]);
$server->setBaseUri('/');
$server->addPlugin(new \Sabre\DAV\Auth\Plugin(new Passwords($database), 'SabreDAV'));
$server->addPlugin(new \Sabre\CalDAV\Plugin());
$server->addPlugin(new \Sabre\CalDAV\ICSExportPlugin());
$server->addPlugin(new \Sabre\CardDAV\Plugin());
$server->addPlugin(new \Sabre\DAVACL\Plugin());
$server->exec();
