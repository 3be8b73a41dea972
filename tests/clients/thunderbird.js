// What somebody does with Thunderbird, by the functions that its windows call. thunderbird.py has it run this in its own process, with `method` and `given` set
// by the last lines there. A calendar and an address book are named as Thunderbird shows them.

const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalEvent } = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const { CalTodo } = ChromeUtils.importESModule("resource:///modules/CalTodo.sys.mjs");
const { CardDAVDirectory } = ChromeUtils.importESModule("resource:///modules/CardDAVDirectory.sys.mjs");
const { CardDAVUtils } = ChromeUtils.importESModule("resource:///modules/CardDAVUtils.sys.mjs");
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { VCardUtils } = ChromeUtils.importESModule("resource:///modules/VCardUtils.sys.mjs");

const calendar = (name) => cal.manager.getCalendars().find((calendar) => calendar.name == name);
const directory = (name) => MailServices.ab.directories.find((directory) => directory.dirName == name);
const addressBook = (name) => CardDAVDirectory.forFile(directory(name).fileName);
const items = (name) => calendar(name).getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);

// Whether to overwrite what somebody else has changed meanwhile is asked in a window of its own, and answered with no.
cal.provider.promptOverwrite = () => false;

/** Resolves once the calendar has been read from the server. */
function loaded(calendar) {
  return new Promise((resolve, reject) => {
    const observer = cal.createAdapter(Ci.calIObserver, {
      onLoad() {
        calendar.removeObserver(observer);
        resolve();
      },
      onError(_calendar, code, message) {
        calendar.removeObserver(observer);
        reject(new Error(`${code}: ${message}`));
      },
    });
    calendar.addObserver(observer);
  });
}

const methods = {
  /** Finds the calendars from the server's address alone and subscribes to them: name, path, colour and whether they are only read. */
  async findCalendars(address, name, password) {
    const found = await cal.provider.caldav.detectCalendars(name, password, address, true);
    // The password is kept meanwhile. Who subscribes takes longer than that.
    while ((await Services.logins.getAllLogins()).length == 0) {
      await new Promise((resolve) => Services.tm.dispatchToMainThread(resolve));
    }
    const known = new Set(cal.manager.getCalendars().map((calendar) => calendar.uri.spec));
    for (const calendar of found.filter((calendar) => !known.has(calendar.uri.spec))) {
      const read = loaded(calendar);
      cal.manager.registerCalendar(calendar);
      await read;
    }
    return found.map((calendar) => [calendar.name, calendar.uri.filePath, calendar.getProperty("color"), calendar.readOnly]);
  },

  /** The same with address books: name and path. */
  async findAddressBooks(address, name, password) {
    const found = await CardDAVUtils.detectAddressBooks(name, password, address);
    for (const book of found) {
      await book.create();
    }
    return found.map((book) => [book.name, book.url.pathname]);
  },

  /** Reads a calendar from the server. */
  async refresh(name) {
    const read = loaded(calendar(name));
    calendar(name).refresh();
    await read;
  },

  /** Events and tasks by UID, as iCalendar: instances that differ are after their master. */
  async items(name) {
    const texts = (item) => [item, ...exceptions(item)].map((item) => item.icalString).join("");
    const exceptions = ({ recurrenceInfo }) =>
      recurrenceInfo?.getExceptionIds().map((id) => recurrenceInfo.getExceptionFor(id)) ?? [];
    return Object.fromEntries((await items(name)).map((item) => [item.id, texts(item)]));
  },

  /** Makes an event or a task. */
  async add(name, text) {
    await calendar(name).addItem(text.includes("BEGIN:VEVENT") ? new CalEvent(text) : new CalTodo(text));
  },

  /** Gives an event or a task another title. */
  async retitle(name, uid, title) {
    const before = await calendar(name).getItem(uid);
    const after = before.clone();
    after.title = title;
    await calendar(name).modifyItem(after, before);
  },

  /** Ticks a task off. */
  async complete(name, uid) {
    const before = await calendar(name).getItem(uid);
    const after = before.clone();
    after.isCompleted = true;
    await calendar(name).modifyItem(after, before);
  },

  /** Moves one instance of a recurring event, which begins at `time` (in UTC, as iCalendar writes it), by so many minutes. */
  async moveInstance(name, uid, time, minutes) {
    const before = await calendar(name).getItem(uid);
    const after = before.clone();
    const instance = after.recurrenceInfo.getOccurrenceFor(cal.createDateTime(time)).clone();
    for (const edge of ["startDate", "endDate"]) {
      const moved = instance[edge].clone();
      moved.minute += minutes;
      instance[edge] = moved;
    }
    after.recurrenceInfo.modifyException(instance, true);
    await calendar(name).modifyItem(after, before);
  },

  /** Takes one instance out. */
  async removeInstance(name, uid, time) {
    const before = await calendar(name).getItem(uid);
    const after = before.clone();
    after.recurrenceInfo.removeOccurrenceAt(cal.createDateTime(time));
    await calendar(name).modifyItem(after, before);
  },

  /** Removes an event or a task. */
  async remove(name, uid) {
    await calendar(name).deleteItem(await calendar(name).getItem(uid));
  },

  /** Synchronises an address book. */
  async synchronise(name) {
    await addressBook(name).syncWithServer();
  },

  /** Cards by UID, as vCard. */
  cards(name) {
    return Object.fromEntries(directory(name).childCards.map((card) => [card.UID, card.getProperty("_vCard", "")]));
  },

  /** Makes a card. It goes to the server by and by. */
  addCard(name, text) {
    directory(name).addCard(VCardUtils.vCardToAbCard(text));
  },

  /** Replaces a text in a card. It goes to the server by and by. */
  editCard(name, uid, before, after) {
    const card = directory(name).childCards.find((card) => card.UID == uid);
    card.setProperty("_vCard", card.getProperty("_vCard", "").replace(before, after));
    directory(name).modifyCard(card);
  },

  /** Removes a card, here at once and from the server by and by. */
  removeCard(name, uid) {
    directory(name).deleteCards(directory(name).childCards.filter((card) => card.UID == uid));
  },

  /** What it has of an address book is of a server that does not know the token any more. */
  loseToken(name) {
    addressBook(name)._syncToken = "https://calendar.example.org/sync/4711";
  },
};
