//! CALDAV:comp and CALDAV:prop (RFC 4791 §9.6.1, §9.6.4).

use crate::icalendar::CompSelection;
use crate::syntax::Component;

/// The selected parts of a calendar, the VCALENDAR's selection first; all of it where nothing is selected.
pub fn select(selections: &[CompSelection], calendar: Component) -> Component {
    match selections.first() {
        Some(root) => selected(selections, 0, root, calendar),
        None => calendar,
    }
}

fn selected(selections: &[CompSelection], position: usize, selection: &CompSelection, from: Component) -> Component {
    let mut component = Component { properties: Vec::new(), components: Vec::new(), ..from };
    match &selection.props {
        None => component.properties = from.properties,
        Some(wanted) => {
            for mut property in from.properties {
                let Some((_, no_value)) = wanted.iter().find(|(name, _)| *name == property.name) else { continue };
                if *no_value {
                    property.value.clear();
                }
                component.properties.push(property);
            }
        }
    }
    match &selection.comps {
        None => component.components = from.components,
        Some(wanted) => {
            // A selection's parts come after it in the list: so there are no circles.
            let nested: Vec<_> = wanted
                .iter()
                .filter_map(|nested| usize::try_from(*nested).ok().filter(|nested| *nested > position))
                .filter_map(|nested| Some((nested, selections.get(nested)?)))
                .collect();
            for child in from.components {
                if let Some((at, selection)) = nested.iter().find(|(_, selection)| selection.name == child.name) {
                    component.components.push(selected(selections, *at, selection, child));
                }
            }
        }
    }
    component
}
