//! Finds the files of the contracts that describe a symbol or an extension.

use std::collections::{HashMap, HashSet, VecDeque};

use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor};

/// The files of the contracts, with an index of their symbols.
pub(super) struct Contracts {
    pool: DescriptorPool,
    /// The encoded files by their names.
    encoded: HashMap<String, Vec<u8>>,
    /// The file of each symbol, by its full name.
    symbols: HashMap<String, FileDescriptor>,
}

impl Contracts {
    pub(super) fn new(pool: &DescriptorPool) -> Self {
        let encoded = pool.files().map(|file| (file.name().to_owned(), file.encode_to_vec())).collect();
        let mut symbols = HashMap::new();
        for file in pool.files() {
            for name in symbol_names(&file) {
                symbols.insert(name, file.clone());
            }
        }
        Self { pool: pool.clone(), encoded, symbols }
    }

    /// The full names of the services, in the order of the contracts.
    pub(super) fn services(&self) -> impl Iterator<Item = String> {
        self.pool.services().map(|service| service.full_name().to_owned())
    }

    /// A file, followed by all its imports.
    pub(super) fn file(&self, name: &str) -> Option<Vec<Vec<u8>>> {
        Some(self.with_imports(self.pool.get_file_by_name(name)?))
    }

    /// The file that describes a symbol, followed by all its imports.
    pub(super) fn file_containing_symbol(&self, name: &str) -> Option<Vec<Vec<u8>>> {
        Some(self.with_imports(self.symbols.get(name)?.clone()))
    }

    /// The file with the extension of a message with this number, followed by all its imports.
    pub(super) fn file_containing_extension(&self, extended: &str, number: i32) -> Option<Vec<Vec<u8>>> {
        let extended = self.pool.get_message_by_name(extended)?;
        let extension = extended.get_extension(u32::try_from(number).ok()?)?;
        Some(self.with_imports(extension.parent_file()))
    }

    /// The numbers of all extensions of a message, in order.
    pub(super) fn extension_numbers(&self, extended: &str) -> Option<Vec<i32>> {
        let extended = self.pool.get_message_by_name(extended)?;
        let numbers = extended.extensions().filter_map(|extension| i32::try_from(extension.number()).ok());
        let mut numbers: Vec<_> = numbers.collect();
        numbers.sort_unstable();
        Some(numbers)
    }

    fn with_imports(&self, file: FileDescriptor) -> Vec<Vec<u8>> {
        let mut seen = HashSet::from([file.name().to_owned()]);
        let mut queue = VecDeque::from([file]);
        let mut encoded = Vec::new();
        while let Some(file) = queue.pop_front() {
            encoded.extend(self.encoded.get(file.name()).cloned());
            queue.extend(file.dependencies().filter(|import| seen.insert(import.name().to_owned())));
        }
        encoded
    }
}

/// The full names of the symbols of a file.
fn symbol_names(file: &FileDescriptor) -> Vec<String> {
    let mut names = Vec::new();
    for service in file.services() {
        names.push(service.full_name().to_owned());
        names.extend(service.methods().map(|method| method.full_name().to_owned()));
    }
    names.extend(file.extensions().map(|extension| extension.full_name().to_owned()));
    file.enums().for_each(|child| add_enum(&mut names, file.package_name(), &child));
    file.messages().for_each(|child| add_message(&mut names, &child));
    names
}

fn add_message(names: &mut Vec<String>, message: &MessageDescriptor) {
    names.push(message.full_name().to_owned());
    names.extend(message.fields().map(|field| field.full_name().to_owned()));
    names.extend(message.oneofs().map(|oneof| oneof.full_name().to_owned()));
    names.extend(message.child_extensions().map(|extension| extension.full_name().to_owned()));
    message.child_enums().for_each(|child| add_enum(names, message.full_name(), &child));
    message.child_messages().for_each(|child| add_message(names, &child));
}

/// The values of an enum are its siblings, not its children (descriptor.proto, `EnumValueDescriptorProto`).
fn add_enum(names: &mut Vec<String>, scope: &str, described: &EnumDescriptor) {
    names.push(described.full_name().to_owned());
    let dot = if scope.is_empty() { "" } else { "." };
    names.extend(described.values().map(|value| format!("{scope}{dot}{}", value.name())));
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_reflect::prost_types::{
        DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
        FileDescriptorProto,
        descriptor_proto::ExtensionRange,
        field_descriptor_proto::{Label, Type},
    };

    use super::*;

    fn extension(name: &str, number: i32) -> FieldDescriptorProto {
        FieldDescriptorProto {
            name: Some(name.into()),
            number: Some(number),
            extendee: Some(".Base".into()),
            label: Some(Label::Optional.into()),
            r#type: Some(Type::Int32.into()),
            ..Default::default()
        }
    }

    fn kind() -> EnumDescriptorProto {
        let none = EnumValueDescriptorProto {
            name: Some("KIND_NONE".into()),
            number: Some(0),
            ..Default::default()
        };
        EnumDescriptorProto { name: Some("Kind".into()), value: vec![none], ..Default::default() }
    }

    /// A message without a package, and two files that extend it, one of them within a message.
    fn contracts() -> Contracts {
        let range = ExtensionRange { start: Some(100), end: Some(200), ..Default::default() };
        let base = FileDescriptorProto {
            name: Some("base.proto".into()),
            message_type: vec![DescriptorProto {
                name: Some("Base".into()),
                extension_range: vec![range],
                ..Default::default()
            }],
            enum_type: vec![kind()],
            ..Default::default()
        };
        let outer = FileDescriptorProto {
            name: Some("outer.proto".into()),
            package: Some("outer".into()),
            dependency: vec!["base.proto".into()],
            extension: vec![extension("late", 150)],
            ..Default::default()
        };
        let inner = FileDescriptorProto {
            name: Some("inner.proto".into()),
            dependency: vec!["base.proto".into(), "outer.proto".into()],
            message_type: vec![DescriptorProto {
                name: Some("Inner".into()),
                extension: vec![extension("early", 100)],
                ..Default::default()
            }],
            ..Default::default()
        };
        let mut pool = DescriptorPool::new();
        pool.add_file_descriptor_protos([base, outer, inner]).unwrap();
        Contracts::new(&pool)
    }

    fn names(files: Option<Vec<Vec<u8>>>) -> Vec<String> {
        let name = |file: Vec<u8>| FileDescriptorProto::decode(&*file).unwrap().name().to_owned();
        files.unwrap_or_default().into_iter().map(name).collect()
    }

    #[test]
    fn extensions_are_found_by_number_and_by_name_in_every_scope() {
        let contracts = contracts();
        assert_eq!(contracts.extension_numbers("Base"), Some(vec![100, 150]));
        assert_eq!(contracts.extension_numbers("Inner"), Some(vec![]));
        assert_eq!(contracts.extension_numbers("None"), None);
        let (outer, inner) =
            (vec!["outer.proto", "base.proto"], vec!["inner.proto", "base.proto", "outer.proto"]);
        assert_eq!(names(contracts.file_containing_extension("Base", 150)), outer);
        assert_eq!(names(contracts.file_containing_symbol("outer.late")), outer);
        assert_eq!(names(contracts.file_containing_extension("Base", 100)), inner);
        assert_eq!(names(contracts.file_containing_symbol("Inner.early")), inner);
        for (extended, number) in [("Base", 101), ("Base", -1), ("Inner", 100), ("None", 100)] {
            assert_eq!(contracts.file_containing_extension(extended, number), None, "{extended} {number}");
        }
    }

    #[test]
    fn the_values_of_an_enum_are_its_siblings() {
        let contracts = contracts();
        assert_eq!(names(contracts.file_containing_symbol("KIND_NONE")), ["base.proto"]);
        assert_eq!(contracts.file_containing_symbol("Kind.KIND_NONE"), None);
    }
}
