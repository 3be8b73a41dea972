// What ical.js gives for rules: a line of JSON with `object`, `low` and `high` (UTC seconds) is answered by a line with
// the starts that its iterator gives in that range, or the text of its error; `after` and `before` are the local times
// between which they are. The first line has the VTIMEZONEs that it is to know.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(`${process.cwd()}/package.json`)
const { default: ICAL } = await import(pathToFileURL(require.resolve('ical.js')))

/** Steps of its iterator, after which it counts as not ending. */
const STEPS = 200_000

function register(calendar) {
  const component = new ICAL.Component(ICAL.parse(calendar))
  ICAL.TimezoneService.register(component.getFirstSubcomponent('vtimezone'))
}

/** The UTC seconds of a time taken as if it were in UTC. */
const local = (time) => Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second) / 1000

/** UTC seconds; a floating time and a day are taken as if they were in UTC. */
const seconds = (time) => (time.isDate || time.zone === ICAL.Timezone.localTimezone ? local(time) : time.toUnixTime())

const { check_contracting_rules } = ICAL.RecurIterator.prototype
let before

// Its iterator looks for the next instance for ever where there is none.
ICAL.RecurIterator.prototype.check_contracting_rules = function () {
  return local(this.last) >= before || check_contracting_rules.call(this)
}

function starts({ object, low, high, after, ...question }) {
  before = question.before
  const event = new ICAL.Component(ICAL.parse(object)).getFirstSubcomponent('vevent')
  const start = event.getFirstPropertyValue('dtstart')
  const tzid = event.getFirstProperty('dtstart').getParameter('tzid')
  if (tzid) start.zone = ICAL.TimezoneService.get(tzid)
  const { parts, freq } = event.getFirstPropertyValue('rrule')
  if (freq === 'YEARLY' && parts.BYMONTHDAY && parts.BYDAY) return 'not asked: seconds for nothing'
  const iterator = event.getFirstPropertyValue('rrule').iterator(start)
  const found = []
  for (let step = 0; step < STEPS; step += 1) {
    const next = iterator.next()
    if (!next) return found
    if (local(next) >= before) return found
    if (local(next) < after) continue
    const at = seconds(next)
    if (at >= low && at < high) found.push(at)
  }
  return 'does not end'
}

function answer(line) {
  const question = JSON.parse(line)
  if (question.timezones) return question.timezones.forEach(register)
  let found
  try {
    found = starts(question)
  } catch (error) {
    found = String(error.message)
  }
  console.log(JSON.stringify(Array.isArray(found) ? found.sort((one, other) => one - other) : found))
}

for await (const line of createInterface({ input: process.stdin })) answer(line)
