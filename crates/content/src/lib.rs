//! Bodies as octets, whichever way they go from component to component: `text.content` of `wit/` is a type of its own in every component.

/// Makes a component's `Content` from octets, a text where they are UTF-8, and lets it be read as octets.
#[macro_export]
macro_rules! as_octets {
    ($Content:path) => {
        impl From<Vec<u8>> for $Content {
            fn from(octets: Vec<u8>) -> Self {
                String::from_utf8(octets).map_or_else(|error| Self::Octets(error.into_bytes()), Self::Text)
            }
        }

        impl std::ops::Deref for $Content {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                match self {
                    Self::Text(text) => text.as_bytes(),
                    Self::Octets(octets) => octets,
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #[derive(Debug, PartialEq)]
    enum Content {
        Text(String),
        Octets(Vec<u8>),
    }

    as_octets!(Content);

    #[test]
    fn what_is_utf_8_is_a_text() {
        assert_eq!(Content::from("zoë".as_bytes().to_vec()), Content::Text("zoë".to_owned()));
        assert_eq!(Content::from(vec![0xff, 0]), Content::Octets(vec![0xff, 0]));
    }

    #[test]
    fn either_is_octets() {
        assert_eq!(&*Content::from(vec![b'a']), b"a");
        assert_eq!(&*Content::from(vec![0xff]), [0xff]);
    }
}
